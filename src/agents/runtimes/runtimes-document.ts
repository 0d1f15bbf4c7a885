import { presets } from "./presets.ts";
import type { Runtime } from "./runtime.ts";

/** What the conformance suite saw of one agent CLI when it was last recorded: `docs/conformance.json`. */
export interface Observation {
  readonly package: string;
  readonly version: string;
  /** Day of the recording. */
  readonly date: string;
  readonly proven: readonly string[];
  /** What the CLI cannot do without its makers' servers, with what was seen instead. */
  readonly cannot: Readonly<Record<string, string>>;
  /** Day on which several of its sessions at once took beads from sling to landing, when that was seen. */
  readonly beads?: string;
}

export type Observations = Readonly<Record<string, Observation>>;

/** What each check of the suite sees, in the order in which one session shows them. */
const evidence: Readonly<Record<string, string>> = {
  start:
    "started in a fresh home by `gt sling`, nobody at the keyboard; the model's first request holds the beacon",
  context: "the first request holds what `gt prime` says: the bead on the hook and how to finish",
  nudge:
    "a message of two lines sent during a turn: no request before its end, then exactly one that holds it once",
  guard: "the model asks for `sudo`: the tool's result is our refusal, the command did not run",
  handoff:
    "the model runs `gt handoff`: a new run of the same session; its first request holds the note and nothing of the old talk",
  resume:
    "killed with -9, restarted by the Witness: the request holds the old talk, the conversation's id is the same",
  costs:
    "`gt costs record` finds the runtime's own record of the conversation: fresh, cached and written tokens are what the model said",
  limit: "429 from the model: the session is `limited` and has a reset time",
  seance:
    "`gt seance --talk <id> -p` prints an answer that only the old conversation knows; no session is counted",
};

const wholeBeads =
  "three sessions at once read their work, edit, commit and run `gt done` as the model tells them; one is killed with -9 between commit and `gt done`; all three land once";

const unseen = "no conformance test drives it";

/** `docs/runtimes.md`: the built-in runtimes, what they can do and what of it was seen. */
export function runtimesDocument(observations: Observations): string {
  const all = [...presets.values()];
  const checks = Object.keys(evidence);
  return `${[
    "# Agent runtimes",
    "",
    "Made from `src/agents/runtimes/presets.ts` and `docs/conformance.json`: `npm run docs`.",
    "`npm run conformance` installs the real programs from npm, gives each a home of its own and lets it talk to a",
    "model on loopback and, as far as its own switches go, to nobody else (OpenCode still fetches its plugin kit from npm).",
    "`GT_CONFORMANCE_RECORD=1` writes down what it saw.",
    "A runtime that is not proven is set up as its manual says and may need a setting of yours: `gt config agent set`.",
    "",
    "## Seen",
    "",
    `| runtime | package | ${checks.join(" | ")} |`,
    `| --- | --- |${" --- |".repeat(checks.length)}`,
    ...all.map((runtime) => seenRow(runtime.name, observations[runtime.name], checks)),
    "",
    ...checks.map((check) => `- **${check}**: ${evidence[check]}`),
    ...Object.entries(observations).flatMap(([name, { beads }]) =>
      beads === undefined ? [] : [`- **whole beads** (${name}, ${beads}): ${wholeBeads}`],
    ),
    "",
    "The `shell` runtime is this program itself: the suite of `npm test` runs it everywhere.",
    "",
    "## Not seen, and why",
    "",
    ...all.filter(({ name }) => name !== "shell").flatMap(({ name }) => reasons(name, observations[name])),
    "",
    "## What each can do",
    "",
    "| runtime | command | context by hooks | resume | `gt seance` |",
    "| --- | --- | --- | --- | --- |",
    ...all.map(
      (runtime) =>
        `| ${runtime.name} | \`${runtime.command}\` | ${runtime.hooksProvider === "none" ? "no: typed" : "yes"} | ${runtime.resumeArgs === undefined ? "no" : "yes"} | ${seanceOf(runtime)} |`,
    ),
  ].join("\n")}\n`;
}

function seenRow(name: string, seen: Observation | undefined, checks: readonly string[]): string {
  const marks = checks.map((check) => (name === "shell" ? "" : seen?.proven.includes(check) ? "✓" : "–"));
  const origin = seen === undefined ? "" : `\`${seen.package}\` ${seen.version} (${seen.date})`;
  return `| ${name} | ${origin} | ${marks.join(" | ")} |`;
}

function reasons(name: string, seen: Observation | undefined): readonly string[] {
  if (seen === undefined) return [`- **${name}**: ${unseen}`];
  return Object.entries(seen.cannot).map(([check, why]) => `- **${name}**, ${check}: ${why}`);
}

function seanceOf(runtime: Runtime): string {
  if (runtime.forkArgs !== undefined) return "a copy answers";
  return runtime.resumeArgs === undefined ? "no" : "the ended conversation goes on, after asking";
}
