import type { CommandSpec } from "../command.ts";

export const nudgeCommands: readonly CommandSpec[] = [
  {
    name: "nudge",
    group: "comm",
    summary: "say something to a running agent",
    description:
      "Stores the message durably and types it into the agent's session as soon as the agent is idle: once, alone, and never into its turn. For what must survive a restart of the agent, use mail. `channel:<name>` reaches every running agent whose address matches a pattern of nudge_channels in config/messaging.json.",
    args: [{ name: "target" }, { name: "message", optional: true }],
    flags: [
      { name: "message", short: "m", value: "text", summary: "the message" },
      { name: "stdin", summary: "read the message from standard input" },
      {
        name: "mode",
        value: "mode",
        summary: "wait-idle (default), queue or immediate (types even into a busy agent)",
      },
      { name: "priority", value: "priority", summary: "normal (default) or urgent" },
      { name: "force", short: "f", summary: "also to a muted agent" },
      { name: "if-fresh", summary: "only within the first minute of the caller's own session" },
      { name: "no-wait", summary: "do not wait for the delivery" },
    ],
    examples: [
      'gt nudge web/nux "status?"',
      'gt nudge channel:night "wrap up"',
      'gt nudge mayor -m "look at gt-a1b2c" --priority urgent',
    ],
    seeAlso: ["gt mail send", "gt broadcast", "gt peek"],
    load: () => import("./nudge.ts"),
    subcommands: [
      {
        name: "list",
        summary: "messages that wait or failed",
        args: [{ name: "target", optional: true }],
        load: () => import("./nudge-list.ts"),
      },
      {
        name: "cancel",
        summary: "take back a message that was not delivered yet",
        args: [{ name: "id" }],
        load: () => import("./nudge-cancel.ts"),
      },
    ],
  },
];
