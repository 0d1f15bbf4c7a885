import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Every step at which a test may let a process die, by journal kind. The lists are checked against the names in the
 * sources and, by `expectKnown`, against the steps that were really passed, so that a new step cannot be forgotten here.
 */
const points = {
  sling: [
    "sling.allocate",
    "sling.allocate.done",
    "sling.worktree",
    "sling.worktree.done",
    "sling.setup",
    "sling.setup.done",
    "sling.session",
    "sling.session.done",
    "sling.finished",
    // The bead is taken from another agent.
    "sling.preserve",
    // The session does not start, so that the dispatch is taken back.
    "sling.undo",
  ],
  work: ["work.claimed", "work.primed", "work.ran", "work.staged", "work.committed"],
  done: [
    ...["intent", "autosave", "scrub", "push", "submit", "sync", "idle"].flatMap((step) => [
      `done.${step}`,
      `done.${step}.done`,
    ]),
    "done.finished",
  ],
  handoff: [
    "handoff.save",
    "handoff.saved",
    "handoff.respawn",
    "handoff.ended",
    "handoff.started",
    "handoff.finished",
  ],
  mq: [
    "mq.claimed",
    "mq.stacked",
    "mq.gate.started",
    "mq.gate.done",
    "mq.push.intent",
    "mq.pushed",
    "mq.closed",
    "mq.cleaned",
  ],
} as const satisfies Readonly<Record<string, readonly string[]>>;

/** Throws when the process that was given `directory` as `GT_TEST_PAUSE` has passed a step that no list has. */
export function expectKnown(directory: string): void {
  const passed = join(directory, "passed");
  const names = new Set(existsSync(passed) ? readFileSync(passed, "utf8").trimEnd().split("\n") : []);
  const unknown = [...names].filter((name) => {
    const kind = name.split(".")[0] ?? "";
    return kind in points && !crashPointsOf(kind as keyof typeof points).includes(name);
  });
  if (unknown.length > 0) throw new Error(`crash points missing from the list: ${unknown.join(", ")}`);
}

export function crashPointsOf(kind: keyof typeof points): readonly string[] {
  const known: readonly string[] = points[kind];
  const forgotten = namedInSources(kind).filter((name) => !known.includes(name));
  if (forgotten.length > 0) throw new Error(`crash points missing from the list: ${forgotten.join(", ")}`);
  return known;
}

/** Names of all crash points that the sources have, read once in a test file. */
let inSources: ReadonlySet<string> | undefined;

function namedInSources(kind: string): readonly string[] {
  inSources ??= readNames();
  return [...inSources].filter((name) => name.startsWith(`${kind}.`));
}

function readNames(): ReadonlySet<string> {
  const root = join(import.meta.dirname, "../../src");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  const found = new Set<string>();
  for (const file of files) {
    for (const [, name = ""] of readFileSync(join(root, file), "utf8").matchAll(/crashPoint\("([\w.]+)"\)/g))
      found.add(name);
  }
  return found;
}
