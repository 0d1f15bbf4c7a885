import type { CommandSpec } from "../command.ts";

export const primeCommands: readonly CommandSpec[] = [
  {
    name: "prime",
    group: "agents",
    summary: "what an agent has to know at its start",
    description: "Identity, the work on the hook, and how the role works here. Run by the agents themselves.",
    lenient: "--hook",
    flags: [
      { name: "hook", summary: "called by a runtime's hook: size limits apply" },
      { name: "dry-run", short: "n", summary: "no side effects" },
      { name: "state", summary: "only the state" },
      { name: "explain", summary: "say why each section is there" },
      { name: "full", summary: "without size limits" },
      { name: "section", value: "name", summary: "one section in full" },
      { name: "source", value: "event", summary: "startup, clear, resume or compact", hidden: true },
    ],
    examples: ["gt prime", "gt prime --section work"],
    seeAlso: ["gt hook", "gt handoff"],
    load: () => import("./prime.ts"),
  },
  {
    name: "handoff",
    group: "agents",
    summary: "go on in a fresh session",
    description:
      "Replaces the conversation of an agent; identity, worktree, hook and session name stay. Without an address: your own. With a bead: it goes on your hook first.",
    args: [{ name: "agent-or-bead", optional: true }],
    flags: [
      { name: "subject", short: "s", value: "text", summary: "subject of the note to the successor" },
      { name: "message", short: "m", value: "text", summary: "what the successor has to know" },
      { name: "stdin", summary: "read the message from standard input" },
      {
        name: "collect",
        short: "c",
        summary: "add branch, changes, hook, inbox and ready work to the message",
      },
      { name: "auto", summary: "only write down where the agent is: for compaction hooks" },
      { name: "cycle", summary: "without questions and with collected state; within the cooldown as --auto" },
      { name: "stop", summary: "end the session; the next one reads the note" },
      { name: "agent", value: "name", summary: "runtime of the fresh session" },
      { name: "no-git-check", summary: "say nothing about uncommitted work" },
      { name: "reason", short: "r", value: "text", summary: "why" },
      { name: "dry-run", short: "n", summary: "say what would happen" },
      { name: "yes", short: "y", summary: "do not ask" },
      { name: "force", short: "f", summary: "also within the cooldown" },
      { name: "resume", summary: "finish a handoff that was begun", hidden: true },
    ],
    examples: [
      "gt handoff",
      'gt handoff -m "tests of the parser are left"',
      "gt handoff web/nux -y",
      "gt handoff web-4x2",
    ],
    seeAlso: ["gt prime", "gt done"],
    load: () => import("./handoff.ts"),
  },
];
