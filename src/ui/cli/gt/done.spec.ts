import type { CommandSpec } from "../command.ts";

export const doneCommands: readonly CommandSpec[] = [
  {
    name: "done",
    group: "work",
    summary: "hand in the work on your hook",
    description:
      "For polecats. Saves what is uncommitted, pushes the branch, puts it into the merge queue and frees the polecat. Interrupted, it is gone on with by the next call.",
    flags: [
      {
        name: "status",
        value: "how",
        summary: "how the work ends",
        choices: ["COMPLETED", "ESCALATED", "DEFERRED", "PHASE_COMPLETE"],
        default: "COMPLETED",
      },
      { name: "issue", value: "bead", summary: "the bead, when it cannot be told from hook and branch" },
      { name: "priority", short: "p", value: "0-4", summary: "priority of the merge request" },
      { name: "target", value: "branch", summary: "branch to merge into" },
      { name: "pre-verified", summary: "the gates passed on this head already" },
      {
        name: "cleanup-status",
        value: "status",
        summary: "state of the sandbox as the workflow sees it",
        hidden: true,
      },
      { name: "no-output", summary: "although the file with the findings is not there" },
      { name: "message", short: "m", value: "text", summary: "why, for ESCALATED and DEFERRED" },
      { name: "gate", value: "id", summary: "what PHASE_COMPLETE waits for" },
      { name: "resume", summary: "go on with an interrupted gt done (implied)" },
    ],
    examples: [
      "gt done",
      "gt done --status PHASE_COMPLETE --gate web-mol-k3v9q.gate-3",
      'gt done --status ESCALATED -m "need the API key"',
      "gt done --status DEFERRED",
    ],
    seeAlso: ["gt hook", "gt handoff", "gt mq list"],
    load: () => import("./done.ts"),
  },
  {
    name: "shell-run",
    hidden: true,
    summary: "run the script of a bead in a polecat's session",
    description: "What the shell runtime runs: the bead's script, a commit of what it changed, and gt done.",
    args: [{ name: "bead" }],
    load: () => import("./shell-run.ts"),
  },
];
