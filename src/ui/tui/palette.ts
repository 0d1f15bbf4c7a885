import { bdTree } from "../cli/bd-tree.ts";
import type { CommandSpec } from "../cli/command.ts";
import { usageLines } from "../cli/help.ts";
import type { TuiState } from "./store/state.ts";

/** One line of the palette: what it offers, what Tab makes of the typed line with it, and what it is. */
export interface PaletteEntry {
  readonly shown: string;
  readonly insert: string;
  readonly note: string;
}

/** What is offered first to who has typed nothing. */
const usual: readonly string[] = [
  "gt sling",
  "gt convoy create",
  "gt mail send",
  "gt status",
  "gt ready",
  "bd create",
  "bd list",
  "bd show",
  "gt crew add",
  "gt rig add",
  "gt doctor",
];

const mostEntries = 50;

/** What the typed line may become: commands while the command is being typed, then ids, agents and rigs. */
export function paletteEntries(state: TuiState, text: string): readonly PaletteEntry[] {
  const command = commandOf(text, state.commands);
  if (command === undefined)
    return text.trim() === ""
      ? usualFirst(allCommands(state.commands))
      : ranked(allCommands(state.commands), text);
  const start = text.lastIndexOf(" ") + 1;
  const word = text.slice(start);
  const takesThings = (command.args ?? []).length > 0 || isValueOfFlag(command, text.slice(0, start));
  const things = takesThings ? thingsOf(state, wantedKind(command, text, state.commands)) : [];
  const words = word.startsWith("-") ? flagsOf(command) : things;
  return ranked(words, word).map((entry) => ({ ...entry, insert: `${text.slice(0, start)}${entry.insert}` }));
}

/** How the command that is being typed goes on: `gt sling <bead...> [target]  put work on a hook`. */
export function usageOf(state: TuiState, text: string): string {
  const command = commandOf(`${text} `, state.commands);
  if (command === undefined) return "";
  const [usage = ""] = usageLines(command.name, command);
  return `${usage.replace(/^[^ ]+ ?/, "").trim()}  ${command.summary}`.trim();
}

/** The word before the one that is being typed is a flag that wants a value. */
function isValueOfFlag(command: CommandSpec, before: string): boolean {
  const last = before.trimEnd().split(/\s+/).at(-1) ?? "";
  return (command.flags ?? []).some(
    (flag) => flag.value !== undefined && (last === `--${flag.name}` || last === `-${flag.short}`),
  );
}

function usualFirst(entries: readonly PaletteEntry[]): readonly PaletteEntry[] {
  const first = usual.flatMap((name) => entries.filter(({ shown }) => shown === name));
  return [...first, ...entries.filter((entry) => !first.includes(entry))];
}

/** The command that the line names in full and has gone past, or undefined. */
export function commandOf(text: string, gtCommands: readonly CommandSpec[]): CommandSpec | undefined {
  const words = text.trimStart().split(/\s+/);
  const program = words[0] === "bd" ? bdTree : gtCommands;
  const rest = words[0] === "bd" || words[0] === "gt" ? words.slice(1) : words;
  let specs: readonly CommandSpec[] | undefined = program;
  let found: CommandSpec | undefined;
  // The last word is still being typed.
  for (const word of rest.slice(0, -1)) {
    const next: CommandSpec | undefined = specs?.find(
      (spec) => spec.name === word || spec.aliases?.includes(word) === true,
    );
    if (next === undefined) break;
    found = next;
    specs = next.subcommands;
  }
  return specs === undefined || specs.length === 0 ? found : undefined;
}

function allCommands(gtCommands: readonly CommandSpec[]): readonly PaletteEntry[] {
  return [...leaves(gtCommands, "gt"), ...leaves(bdTree, "bd")];
}

function leaves(specs: readonly CommandSpec[], before: string): readonly PaletteEntry[] {
  return specs.flatMap((spec) => {
    if (spec.hidden === true) return [];
    const name = `${before} ${spec.name}`;
    const own = spec.load === undefined ? [] : [{ shown: name, insert: `${name} `, note: spec.summary }];
    return [...own, ...leaves(spec.subcommands ?? [], name)];
  });
}

function flagsOf(command: CommandSpec): readonly PaletteEntry[] {
  return (command.flags ?? [])
    .filter((flag) => flag.hidden !== true)
    .map((flag) => ({ shown: `--${flag.name}`, insert: `--${flag.name} `, note: flag.summary }));
}

type Thing = "bead" | "agent" | "rig" | "convoy" | "request";

const kindNames: readonly (readonly [RegExp, Thing])[] = [
  [/bead|issue|depends|blocker/, "bead"],
  [/convoy/, "convoy"],
  [/mr|request/, "request"],
  [/rig/, "rig"],
  [/agent|target|address|recipient|polecat|crew|worker|^to$/, "agent"],
];

/** What the argument that is being typed stands for, by its name. */
function wantedKind(command: CommandSpec, text: string, commands: readonly CommandSpec[]): Thing | undefined {
  const args = command.args ?? [];
  const words = text.trimStart().split(/\s+/);
  const depth = words.findIndex(
    (_, index) => commandOf(`${words.slice(0, index + 1).join(" ")} `, commands) === command,
  );
  const place = words.slice(depth + 1, -1).filter((word) => !word.startsWith("-")).length;
  const name = (args[place] ?? args.at(-1))?.name ?? "";
  return kindNames.find(([pattern]) => pattern.test(name))?.[1];
}

/** Everything of the town that a command may be about, what it most likely is about first. */
function thingsOf({ town }: TuiState, wanted: Thing | undefined): readonly PaletteEntry[] {
  const beads = new Map<string, string>();
  for (const agent of town.agents) if (agent.bead !== "") beads.set(agent.bead, agent.title);
  for (const convoy of town.convoys) for (const bead of convoy.tracked) beads.set(bead.id, bead.title);
  for (const bead of town.beads) beads.set(bead.id, bead.title);
  const groups: Readonly<Record<Thing, readonly Omit<PaletteEntry, "insert">[]>> = {
    agent: town.agents.map(({ address, health }) => ({ shown: address, note: `agent, ${health}` })),
    rig: town.rigs.map((rig) => ({ shown: rig, note: "rig" })),
    convoy: town.convoys.map(({ id, title }) => ({ shown: id, note: `convoy: ${title}` })),
    bead: [...beads].map(([id, title]) => ({ shown: id, note: title })),
    request: town.queue.map(({ id, title }) => ({ shown: id, note: `merge request: ${title}` })),
  };
  const first = wanted === undefined ? [] : groups[wanted];
  const rest = Object.entries(groups).flatMap(([kind, entries]) => (kind === wanted ? [] : entries));
  return [...first, ...rest].map((entry) => ({ ...entry, insert: `${entry.shown} ` }));
}

function ranked(entries: readonly PaletteEntry[], wanted: string): readonly PaletteEntry[] {
  return entries
    .map((entry) => ({ entry, score: fuzzyScore(`${entry.shown} ${entry.note}`, wanted) }))
    .filter(({ score }) => score > 0)
    .sort((one, other) => other.score - one.score)
    .slice(0, mostEntries)
    .map(({ entry }) => entry);
}

/**
 * How well the letters of `wanted` are found, in order, in `text`; 0 when they are not. Letters that follow each other
 * or begin words count more, and so do early ones.
 */
export function fuzzyScore(text: string, wanted: string): number {
  const letters = wanted.toLowerCase().replace(/\s+/g, "");
  const place = text.toLowerCase();
  let score = 1;
  let at = -1;
  for (const letter of letters) {
    const next = place.indexOf(letter, at + 1);
    if (next === -1) return 0;
    if (next === at + 1) score += 8;
    if (next === 0 || /[\s/_-]/.test(place[next - 1] ?? "")) score += 6;
    score += Math.max(0, 3 - next / 20);
    at = next;
  }
  return score;
}
