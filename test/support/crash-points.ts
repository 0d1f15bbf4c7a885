import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Every step at which a test may let a process die, by journal kind. The lists are checked against the sources, so that
 * a new step cannot be forgotten here.
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
  ],
  done: [
    ...["intent", "autosave", "scrub", "push", "submit", "sync", "idle"].flatMap((step) => [
      `done.${step}`,
      `done.${step}.done`,
    ]),
    "done.finished",
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

export function crashPointsOf(kind: keyof typeof points): readonly string[] {
  const known: readonly string[] = points[kind];
  const forgotten = namedInSources(kind).filter((name) => !known.includes(name));
  if (forgotten.length > 0) throw new Error(`crash points missing from the list: ${forgotten.join(", ")}`);
  return known;
}

function namedInSources(kind: string): readonly string[] {
  const root = join(import.meta.dirname, "../../src");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  const found = new Set<string>();
  for (const file of files) {
    for (const [, name = ""] of readFileSync(join(root, file), "utf8").matchAll(
      /crashPoint\("([\w.]+)"\)/g,
    )) {
      if (name.startsWith(`${kind}.`)) found.add(name);
    }
  }
  return [...found];
}
