import type { CommandSpec } from "../command.ts";

const all = { name: "all", short: "a", summary: "also agents without a session" } as const;
const description =
  "Agents by place: the town's, then each rig's, with what they do, their hooked bead and how long their session runs. Roles that run as code inside the daemon show as builtin.";

export const agentsCommands: readonly CommandSpec[] = [
  {
    name: "agents",
    aliases: ["ag"],
    group: "agents",
    summary: "all agents with their sessions and state",
    description,
    flags: [all],
    examples: ["gt agents", "gt agents --all", "gt agents --json"],
    seeAlso: ["gt status", "gt peek", "gt attach"],
    load: () => import("./agents.ts"),
    subcommands: [
      {
        name: "list",
        summary: "all agents with their sessions and state",
        description,
        flags: [all],
        load: () => import("./agents.ts"),
      },
      {
        name: "check",
        summary: "whether two processes act as one agent",
        description:
          "Agents that were started by hand take their identity when they run gt prime. Exit 1 when something is wrong.",
        load: () => import("./agents-check.ts"),
      },
      {
        name: "fix",
        summary: "the same, and forget identities of processes that have ended",
        load: () => import("./agents-check.ts"),
      },
    ],
  },
];
