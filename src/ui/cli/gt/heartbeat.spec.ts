import type { CommandSpec } from "../command.ts";

export const heartbeatCommands: readonly CommandSpec[] = [
  {
    name: "heartbeat",
    group: "agents",
    summary: "say that you live, and how you are",
    description:
      "For agents, inside a session. `stuck` holds the work where it is and asks for help; everything else is only noted.",
    args: [{ name: "context", optional: true, many: true }],
    flags: [{ name: "state", value: "state", summary: "working (default), idle, exiting or stuck" }],
    examples: ["gt heartbeat", 'gt heartbeat --state stuck "the gate needs a database that is not here"'],
    seeAlso: ["gt escalate", "gt health"],
    load: () => import("./heartbeat.ts"),
  },
];
