import type { CommandSpec } from "../command.ts";

const agent = [{ name: "agent" }] as const;

export const warrantCommands: readonly CommandSpec[] = [
  {
    name: "warrant",
    aliases: ["warrants"],
    group: "services",
    summary: "end an agent that does not respond, after asking it three times",
    description:
      "The daemon asks the agent and waits one, two and four minutes. Anything that it achieves, or ALIVE on its screen, pardons it. After the third silence its files are kept and its session ends; its work stays on its hook.",
    seeAlso: ["gt deacon health-check", "gt deacon force-kill"],
    subcommands: [
      {
        name: "file",
        summary: "begin with an agent",
        args: agent,
        flags: [
          { name: "reason", short: "r", value: "text", summary: "why; required" },
          { name: "stdin", summary: "read the reason from standard input" },
        ],
        examples: ['gt warrant file web/nux -r "its screen has not moved for an hour"'],
        load: () => import("./warrant-file.ts"),
      },
      {
        name: "list",
        aliases: ["ls"],
        summary: "those that are pending",
        flags: [{ name: "all", short: "a", summary: "those that are over, too" }],
        examples: ["gt warrant list --all"],
        load: () => import("./warrant-list.ts"),
      },
      {
        name: "execute",
        summary: "end the agent now, without asking any more",
        args: agent,
        flags: [{ name: "force", short: "f", summary: "also when no warrant is pending" }],
        examples: ["gt warrant execute web/nux"],
        load: () => import("./warrant-end.ts"),
      },
      {
        name: "cancel",
        summary: "leave the agent alone",
        args: agent,
        load: () => import("./warrant-end.ts"),
      },
    ],
  },
];
