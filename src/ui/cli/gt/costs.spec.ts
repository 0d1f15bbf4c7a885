import type { CommandSpec, FlagSpec } from "../command.ts";

const flags: readonly FlagSpec[] = [
  { name: "today", summary: "what was spent today, by session" },
  { name: "week", summary: "the same for the last seven days" },
  { name: "by-role", summary: "sums by role" },
  { name: "by-rig", summary: "sums by rig" },
  { name: "verbose", short: "v", summary: "also the prices" },
];

export const costsCommands: readonly CommandSpec[] = [
  {
    name: "costs",
    group: "diag",
    summary: "what the agents' sessions cost",
    description:
      "Running sessions by the usage in their runtimes' own records, times the price of the model; with --verbose the prices. A runtime that records nothing shows `-`, a model without a price `~`. Prices of your own stand in settings/pricing.json.",
    flags,
    examples: ["gt costs", "gt costs --today --by-rig", "gt config set budget.daily_usd 50"],
    seeAlso: ["gt config", "gt account"],
    load: () => import("./costs.ts"),
    subcommands: [
      {
        name: "record",
        summary: "book what a session has used until now",
        description: "Runs by itself at the end of turns and sessions.",
        flags: [
          { name: "session", value: "name", summary: "whose session; your own by default" },
          { name: "work-item", value: "bead", summary: "what it worked on; the bead on the hook by default" },
        ],
        examples: ["gt costs record --session web-nux"],
        load: () => import("./costs-record.ts"),
      },
    ],
  },
];
