import type { ArgumentSpec, CommandSpec, FlagSpec } from "../command.ts";

const args: readonly ArgumentSpec[] = [{ name: "agent" }];
const flags: readonly FlagSpec[] = [
  { name: "force", short: "f", summary: "end it with SIGTERM instead of asking it with Ctrl-C" },
];

export const sessionCommands: readonly CommandSpec[] = [
  {
    name: "session",
    aliases: ["sess"],
    group: "agents",
    summary: "start, stop and restart an agent's session",
    description: "The hook, the worktree and the identity of the agent stay as they are.",
    subcommands: [
      {
        name: "start",
        summary: "start a session for what is on the agent's hook",
        args,
        examples: ["gt session start web/nux"],
        seeAlso: ["gt attach"],
        load: () => import("./session-start.ts"),
      },
      {
        name: "stop",
        summary: "end the agent's session; its work stays on its hook",
        args,
        flags,
        examples: ["gt session stop web/nux"],
        load: () => import("./session-stop.ts"),
      },
      {
        name: "restart",
        summary: "a fresh process with the same hook",
        args,
        flags,
        examples: ["gt session restart web/nux"],
        seeAlso: ["gt handoff"],
        load: () => import("./session-restart.ts"),
      },
    ],
  },
];
