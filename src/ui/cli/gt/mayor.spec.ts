import type { CommandSpec } from "../command.ts";
import { startFlags } from "./start-wishes.ts";

export const mayorCommands: readonly CommandSpec[] = [
  {
    name: "mayor",
    aliases: ["may"],
    group: "services",
    summary: "the agent that you talk to: plans, files, slings and watches",
    description:
      "The Mayor is an agent with a session of its own. It works for the overseer across all rigs and changes no code itself.",
    seeAlso: ["gt attach", "gt nudge"],
    subcommands: [
      {
        name: "start",
        summary: "start its session",
        flags: startFlags,
        examples: ["gt mayor start", "gt mayor start --agent codex", "gt mayor start --resume last"],
        load: () => import("./mayor-start.ts"),
      },
      {
        name: "attach",
        aliases: ["at"],
        summary: "its terminal; started when it is not running",
        description: "Ctrl-] leaves; the Mayor goes on.",
        flags: [
          ...startFlags,
          { name: "read-only", short: "r", summary: "watch without typing or resizing" },
        ],
        examples: ["gt mayor attach"],
        load: () => import("./mayor-attach.ts"),
      },
      {
        name: "stop",
        summary: "end its session; what is on its hook stays there",
        flags: [
          { name: "force", short: "f", summary: "end it with SIGTERM instead of asking it with Ctrl-C" },
        ],
        load: () => import("./mayor-stop.ts"),
      },
      {
        name: "restart",
        summary: "a fresh session, perhaps in another runtime",
        flags: startFlags,
        load: () => import("./mayor-start.ts"),
      },
      {
        name: "status",
        summary: "whether it runs and what it does",
        flags: [{ name: "running", summary: "print only true or false" }],
        examples: ["gt mayor status --json"],
        load: () => import("./role-status.ts"),
      },
    ],
  },
];
