import type { CommandSpec } from "../command.ts";

export const mountainCommands: readonly CommandSpec[] = [
  {
    name: "mountain",
    group: "work",
    summary: "an epic driven to its end, whatever fails on the way",
    description:
      "Stages and launches an epic as a convoy in which beads that fail too often are skipped, so that the rest goes on.",
    args: [{ name: "epic", optional: true }],
    flags: [{ name: "force", short: "f", summary: "in spite of warnings" }],
    examples: ["gt mountain web-epic1", "gt mountain status"],
    seeAlso: ["gt convoy stage", "gt convoy show"],
    load: () => import("./mountain.ts"),
    subcommands: [
      {
        name: "status",
        summary: "how far mountains are",
        args: [{ name: "epic or convoy", optional: true }],
        load: () => import("./mountain-status.ts"),
      },
      ...(["pause", "resume", "cancel"] as const).map((name) => ({
        name,
        summary: {
          pause: "start nothing more; running agents finish",
          resume: "go on at once",
          cancel: "go on as an ordinary convoy",
        }[name],
        args: [{ name: "epic or convoy" }],
        load: () => import("./mountain-change.ts"),
      })),
      {
        name: "retry",
        summary: "try a skipped bead again",
        args: [{ name: "bead" }],
        load: () => import("./mountain-bead.ts"),
      },
      {
        name: "skip",
        summary: "go on without a bead",
        args: [{ name: "bead" }],
        flags: [{ name: "reason", short: "r", value: "text", summary: "why" }],
        load: () => import("./mountain-bead.ts"),
      },
    ],
  },
];
