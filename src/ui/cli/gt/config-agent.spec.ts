import type { CommandSpec, FlagSpec } from "../command.ts";

const rig: FlagSpec = { name: "rig", value: "rig", summary: "of one rig" };

export const configAgentCommands: readonly CommandSpec[] = [
  {
    name: "agent",
    summary: "agent CLIs: built in and your own",
    seeAlso: ["gt config default-agent", "gt sling --agent"],
    subcommands: [
      {
        name: "list",
        aliases: ["ls"],
        summary: "all agents that can be named",
        flags: [rig],
        load: () => import("./config-agent-list.ts"),
      },
      {
        name: "get",
        summary: "one agent's record",
        args: [{ name: "name" }],
        flags: [
          rig,
          { name: "argv", summary: "the command line with which a session of --role starts" },
          { name: "role", value: "role", summary: "a role or address, with --argv", default: "mayor" },
        ],
        examples: ["gt config agent get codex", "gt config agent get claude --argv --role web/crew/max"],
        load: () => import("./config-agent-get.ts"),
      },
      {
        name: "set",
        summary: "define an agent by its command line",
        args: [{ name: "name" }, { name: "command-line" }],
        flags: [
          rig,
          { name: "provider", value: "preset", summary: "the built-in agent that it behaves like" },
        ],
        examples: ['gt config agent set claude-glm "claude-glm --model glm-4"'],
        load: () => import("./config-agent-set.ts"),
      },
      {
        name: "remove",
        aliases: ["rm"],
        summary: "remove an agent of your own",
        args: [{ name: "name" }],
        flags: [rig],
        load: () => import("./config-agent-remove.ts"),
      },
    ],
  },
];
