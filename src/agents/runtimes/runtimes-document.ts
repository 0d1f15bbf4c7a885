import { presets } from "./presets.ts";
import type { Runtime } from "./runtime.ts";

/** What `npm run conformance` says about a built-in runtime: what it proves, or why it proves nothing. */
interface Proof {
  readonly isProven: boolean;
  readonly text: string;
}

const untested = "no conformance test drives it yet";
const sameForAll = "starts without a person, reads its first words, takes a nudge once";

/** One entry for each test of `test/conformance`; a runtime without one is not proven. */
const proofs: Readonly<Record<string, Proof>> = {
  claude: {
    isProven: true,
    text: "whole beads from sling to merge, nudges to a busy and an idle agent, recovery after kill -9, guards",
  },
  codex: { isProven: true, text: `${sameForAll}, gets its context from our hooks` },
  pi: { isProven: true, text: `${sameForAll}, gets its context from our extension` },
  gemini: {
    isProven: true,
    text: `${sameForAll}; its hooks are not proven: with an API key they do not run in a folder that no person has trusted`,
  },
  copilot: {
    isProven: false,
    text: "does not start without an account of GitHub, so that no model on loopback can stand in for it",
  },
  shell: { isProven: true, text: "the program itself: the suite of `npm test` runs it everywhere" },
};

/** `docs/runtimes.md`: the built-in runtimes, what they can do and what of it is proven. */
export function runtimesDocument(): string {
  const all = [...presets.values()];
  return `${[
    "# Agent runtimes",
    "",
    "Made from `src/agents/runtimes/presets.ts` and what `npm run conformance` proves: `npm run docs`.",
    "The conformance suite installs the real programs and lets them talk to a model on loopback.",
    "A runtime that is not proven is set up as its manual says and may need a setting of yours: `gt config agent set`.",
    "",
    "## Proven",
    "",
    ...proofRows(
      all.filter((runtime) => proofs[runtime.name]?.isProven === true),
      "what is proven",
    ),
    "",
    "## Not proven",
    "",
    ...proofRows(
      all.filter((runtime) => proofs[runtime.name]?.isProven !== true),
      "why not",
    ),
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

function proofRows(runtimes: readonly Runtime[], title: string): readonly string[] {
  return [
    `| runtime | ${title} |`,
    "| --- | --- |",
    ...runtimes.map(({ name }) => `| ${name} | ${proofs[name]?.text ?? untested} |`),
  ];
}

function seanceOf(runtime: Runtime): string {
  if (runtime.forkArgs !== undefined) return "a copy answers";
  return runtime.resumeArgs === undefined ? "no" : "the ended conversation goes on, after asking";
}
