import type { CommandRun, CommandSpec, FlagSpec } from "../command.ts";

const oneId = [{ name: "id" }] as const;
const reason: FlagSpec = { name: "reason", short: "r", value: "text", summary: "why" };
const dryRun: FlagSpec = { name: "dry-run", summary: "only show what would happen" };

function gate(
  name: "create" | "list" | "show" | "resolve" | "wait" | "retry" | "addWaiter",
): () => Promise<{ readonly run: CommandRun }> {
  return async () => ({ run: (await import("./gate.ts"))[name] });
}

function slot(name: "create" | "check" | "acquire" | "release"): () => Promise<{ readonly run: CommandRun }> {
  return async () => ({ run: (await import("./merge-slot.ts"))[name] });
}

/** What beads wait for: gates, and the slot that one holder uses at a time (spec/01 §10.4, spec/02 §14). */
export const gateCommands: readonly CommandSpec[] = [
  {
    name: "gate",
    summary: "beads that wait for a condition",
    subcommands: [
      {
        name: "create",
        summary: "block a bead until a condition holds",
        flags: [
          { name: "blocks", value: "id", summary: "the bead that waits" },
          { name: "type", value: "type", summary: "human, timer, gh:run, gh:pr, bead, mail, condition" },
          { name: "await-id", value: "id", summary: "what it waits for" },
          { name: "timeout", value: "duration", summary: "how long" },
          reason,
        ],
        examples: ["bd gate create --blocks gt-abc12 -r 'needs a decision'"],
        load: gate("create"),
      },
      {
        name: "list",
        summary: "open gates",
        flags: [
          { name: "all", short: "a", summary: "resolved ones too" },
          { name: "limit", short: "n", value: "count", summary: "at most this many (default 50)" },
        ],
        examples: ["bd gate list"],
        load: gate("list"),
      },
      {
        name: "show",
        summary: "one gate",
        args: oneId,
        examples: ["bd gate show gt-abc12"],
        load: gate("show"),
      },
      {
        name: "resolve",
        summary: "open a gate",
        args: oneId,
        flags: [reason],
        examples: ["bd gate resolve gt-abc12 -r approved"],
        load: gate("resolve"),
      },
      {
        name: "check",
        summary: "open the gates whose condition holds",
        flags: [
          { name: "type", value: "type", summary: "gh, gh:run, gh:pr, timer, bead, mail (default all)" },
          dryRun,
          { name: "escalate", short: "e", summary: "escalate failed ones" },
          { name: "limit", short: "l", value: "count", summary: "at most this many (default 100)" },
        ],
        examples: ["bd gate check"],
        load: async () => ({ run: (await import("./gate-check.ts")).check }),
      },
      {
        name: "discover",
        summary: "find the workflow runs that gates wait for",
        flags: [
          { name: "dry-run", short: "n", summary: "only show what would be found" },
          { name: "branch", short: "b", value: "branch", summary: "runs of this branch" },
          { name: "limit", short: "l", value: "count", summary: "look at so many runs (default 10)" },
          {
            name: "max-age",
            short: "a",
            value: "duration",
            summary: "begun at most so long ago (default 30m)",
          },
        ],
        examples: ["bd gate discover", "bd gate discover --branch main --dry-run"],
        load: async () => ({ run: (await import("./gate-check.ts")).discover }),
      },
      {
        name: "wait",
        summary: "wait until a gate is resolved",
        args: oneId,
        flags: [{ name: "timeout", value: "duration", summary: "at most this long" }],
        examples: ["bd gate wait gt-abc12 --timeout 10m"],
        load: gate("wait"),
      },
      {
        name: "retry",
        summary: "arm a gate anew",
        args: oneId,
        examples: ["bd gate retry gt-abc12"],
        load: gate("retry"),
      },
      {
        name: "add-waiter",
        summary: "wake this address when the gate opens",
        args: [...oneId, { name: "address" }],
        examples: ["bd gate add-waiter gt-abc12 mayor/"],
        load: gate("addWaiter"),
      },
    ],
  },
  {
    name: "merge-slot",
    summary: "the place that one holder uses at a time",
    subcommands: [
      { name: "create", summary: "make it", examples: ["bd merge-slot create"], load: slot("create") },
      { name: "check", summary: "who holds it", examples: ["bd merge-slot check"], load: slot("check") },
      {
        name: "acquire",
        summary: "take it; exit 1 when somebody has it",
        flags: [
          { name: "holder", value: "who", summary: "for whom" },
          { name: "wait", summary: "queue for it" },
        ],
        examples: ["bd merge-slot acquire --wait"],
        load: slot("acquire"),
      },
      {
        name: "release",
        summary: "give it back",
        flags: [{ name: "holder", value: "who", summary: "for whom" }],
        examples: ["bd merge-slot release"],
        load: slot("release"),
      },
    ],
  },
];
