import { shellWord } from "../../core/shell-word.ts";

/** A command of ours. */
export interface Command {
  readonly program: "gt" | "bd";
  readonly args: readonly string[];
}

/** The command as one would type it in a shell. */
export function shownCommand({ program, args }: Command): string {
  return [program, ...args.map(shellWord)].join(" ");
}

/** What takes back a command: the words that it begins with, and those that begin its opposite; the id follows in both. */
const opposites: readonly (readonly [done: string, undoes: string])[] = [
  ["bd close", "bd reopen"],
  ["bd defer", "bd undefer"],
  ["bd pin", "bd unpin"],
  ["gt sling", "gt unsling"],
  ["gt mail mark-read", "gt mail mark-unread"],
  ["gt mail read", "gt mail mark-unread"],
  ["gt mq pause", "gt mq resume"],
  ["gt mq resume", "gt mq pause"],
  ["gt mountain pause", "gt mountain resume"],
  ["gt mountain resume", "gt mountain pause"],
  ["gt rig park", "gt rig unpark"],
  ["gt rig unpark", "gt rig park"],
  ["gt scheduler pause", "gt scheduler resume"],
  ["gt scheduler resume", "gt scheduler pause"],
];

/** The command that takes this one back; undefined when there is none. */
export function undoOf({ program, args }: Command): Command | undefined {
  const line = [program, ...args].join(" ");
  const found = opposites.find(([done]) => line === done || line.startsWith(`${done} `));
  if (found === undefined) return undefined;
  const [done, undoes] = found;
  const [, ...words] = undoes.split(" ");
  const id = args[done.split(" ").length - 1];
  const isId = id !== undefined && !id.startsWith("-");
  return { program: undoes.startsWith("bd") ? "bd" : "gt", args: isId ? [...words, id] : words };
}
