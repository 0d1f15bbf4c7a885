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
    summary: "start, stop, restart and look at agents' sessions",
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
      {
        name: "status",
        summary: "whether an agent's session runs and what it does",
        args,
        load: () => import("./session-status.ts"),
      },
      {
        name: "list",
        aliases: ["ls"],
        summary: "sessions that run",
        flags: [{ name: "rig", value: "rig", summary: "only this rig" }],
        load: () => import("./session-list.ts"),
      },
      {
        name: "attach",
        aliases: ["at"],
        summary: "the live terminal of an agent",
        args,
        flags: [{ name: "read-only", short: "r", summary: "watch without typing or resizing" }],
        seeAlso: ["gt attach"],
        load: () => import("./attach.ts"),
      },
      {
        name: "capture",
        summary: "last lines of an agent's screen",
        args: [{ name: "agent" }, { name: "count", optional: true }],
        flags: [
          { name: "lines", short: "n", value: "n", summary: "how many lines (default 100)" },
          { name: "follow", short: "f", summary: "go on with new lines until Ctrl-C" },
        ],
        examples: ["gt session capture web/nux 50"],
        seeAlso: ["gt peek"],
        load: () => import("./peek.ts"),
      },
      {
        name: "inject",
        summary: "type a message now, also while the agent works",
        args,
        flags: [
          { name: "message", short: "m", value: "text", summary: "what to type" },
          { name: "file", short: "f", value: "path", summary: "take the text from a file" },
        ],
        examples: ['gt session inject web/nux -m "stop after this file"'],
        seeAlso: ["gt nudge"],
        load: () => import("./session-inject.ts"),
      },
      {
        name: "check",
        summary: "which polecats have a living session",
        args: [{ name: "rig", optional: true }],
        load: () => import("./session-check.ts"),
      },
    ],
  },
];
