import type { CommandSpec, FlagSpec } from "../command.ts";

const force: FlagSpec = { name: "force", short: "f", summary: "also replaces unfinished work" };
const dryRun: FlagSpec = { name: "dry-run", short: "n", summary: "say what would happen" };

export const hookCommands: readonly CommandSpec[] = [
  {
    name: "hook",
    aliases: ["work"],
    group: "work",
    summary: "what is on a hook, and putting it there",
    description:
      "Without words: the caller's hook in full. With a bead: hooks it without starting anything; polecats get their work by gt sling.",
    args: [
      { name: "bead", optional: true },
      { name: "agent", optional: true },
    ],
    flags: [force, dryRun],
    examples: ["gt hook", "gt hook status web/nux", "gt hook web-a1b2c web/crew/sam"],
    seeAlso: ["gt sling", "gt unsling", "gt prime"],
    load: () => import("./hook-status.ts"),
    subcommands: [
      {
        name: "status",
        summary: "the hook in full: bead, branch, changes, snapshot",
        args: [{ name: "agent", optional: true }],
        load: () => import("./hook-status.ts"),
      },
      {
        name: "show",
        summary: "the hook in one line",
        args: [{ name: "agent", optional: true }],
        load: () => import("./hook-show.ts"),
      },
      {
        name: "attach",
        summary: "hook a bead without starting anything",
        args: [{ name: "bead" }, { name: "agent", optional: true }],
        flags: [force, dryRun],
        load: () => import("./hook-attach.ts"),
      },
      {
        name: "detach",
        summary: "take a bead off a hook",
        args: [{ name: "bead" }, { name: "agent", optional: true }],
        flags: [force, dryRun],
        load: () => import("./unsling.ts"),
      },
      {
        name: "clear",
        summary: "empty a hook",
        args: [
          { name: "bead", optional: true },
          { name: "agent", optional: true },
        ],
        flags: [force, dryRun],
        load: () => import("./unsling.ts"),
      },
    ],
  },
];
