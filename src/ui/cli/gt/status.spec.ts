import type { CommandSpec } from "../command.ts";

export const statusCommands: readonly CommandSpec[] = [
  {
    name: "status",
    aliases: ["stat"],
    group: "diag",
    summary: "the whole town on one page",
    description: "Overseer, services, agents and rigs with their work. Reads only; starts nothing.",
    flags: [
      { name: "fast", summary: "without counting mail" },
      { name: "watch", short: "w", summary: "draw it again and again" },
      {
        name: "interval",
        short: "n",
        value: "seconds",
        default: "2",
        summary: "seconds between two drawings",
      },
      { name: "verbose", short: "v", summary: "more lines for each agent" },
    ],
    examples: ["gt status", "gt status --json", "gt status -w -n 5"],
    seeAlso: ["gt feed", "gt agents", "gt vitals"],
    load: () => import("./status.ts"),
  },
];
