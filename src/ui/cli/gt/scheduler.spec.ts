import type { CommandSpec } from "../command.ts";

export const schedulerCommands: readonly CommandSpec[] = [
  {
    name: "scheduler",
    aliases: ["sched"],
    group: "work",
    summary: "what is queued for dispatch, and whether it is started",
    description:
      "With scheduler.max_polecats above 0 work waits here for its turn. Work that came back from the merge queue waits here in any case.",
    subcommands: [
      {
        name: "status",
        summary: "mode, queue, capacity and pause",
        examples: ["gt scheduler status", "gt scheduler status --json"],
        load: () => import("./scheduler-status.ts"),
      },
      {
        name: "list",
        summary: "queued beads, in the order in which they start",
        load: () => import("./scheduler-status.ts"),
      },
      {
        name: "pause",
        summary: "start nothing that is queued, until resumed",
        flags: [{ name: "reason", short: "r", value: "text", summary: "why" }],
        examples: ['gt scheduler pause -r "release day"'],
        load: () => import("./scheduler-pause.ts"),
      },
      { name: "resume", summary: "start queued work again", load: () => import("./scheduler-pause.ts") },
      {
        name: "run",
        summary: "start what there is room for, now",
        flags: [
          { name: "batch", value: "n", summary: "at most so many" },
          { name: "dry-run", summary: "only say what would be started" },
        ],
        examples: ["gt scheduler run --dry-run"],
        load: () => import("./scheduler-run.ts"),
      },
      {
        name: "clear",
        summary: "take beads off the queue; they stay open",
        flags: [{ name: "bead", value: "id", summary: "only this one" }],
        load: () => import("./scheduler-clear.ts"),
      },
    ],
  },
];
