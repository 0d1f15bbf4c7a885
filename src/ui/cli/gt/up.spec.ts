import type { CommandSpec } from "../command.ts";

export const upCommands: readonly CommandSpec[] = [
  {
    name: "up",
    group: "services",
    summary: "start the town's services and keep them running",
    description:
      "Starts the session host and the daemon, which watches every rig. Running it again changes nothing. The town stays up until gt down.",
    flags: [
      { name: "restore", summary: "also resume the agents that gt down suspended" },
      { name: "quiet", short: "q", summary: "only failures" },
    ],
    examples: ["gt up", "gt up --restore"],
    seeAlso: ["gt down", "gt status"],
    load: () => import("./up.ts"),
  },
  {
    name: "down",
    group: "services",
    summary: "pause the town; gt up goes on",
    description:
      "Ends the town's services, and with -p or -a the polecats, whose work stays on their hooks. Nothing starts by itself until gt up.",
    flags: [
      { name: "polecats", short: "p", summary: "also end polecat sessions" },
      {
        name: "all",
        short: "a",
        summary: "everything, orphan processes too, and verify that nothing is left",
      },
      { name: "force", short: "f", summary: "skip the polite part" },
      { name: "dry-run", short: "n", summary: "only say what would end" },
      { name: "quiet", short: "q", summary: "only failures" },
    ],
    examples: ["gt down", "gt down --all"],
    seeAlso: ["gt up", "gt shutdown"],
    load: () => import("./down.ts"),
  },
];
