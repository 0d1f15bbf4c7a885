import type { CommandSpec } from "../command.ts";

export const attachCommands: readonly CommandSpec[] = [
  {
    name: "attach",
    aliases: ["at"],
    group: "agents",
    summary: "the live terminal of an agent",
    description:
      "Shows the agent's terminal over the whole screen; everything typed goes to the agent. Ctrl-] leaves, pressed twice it is sent. The agent goes on either way.",
    args: [{ name: "agent" }],
    flags: [{ name: "read-only", short: "r", summary: "watch without typing or resizing" }],
    examples: ["gt attach web/nux", "gt attach mayor", "gt attach web/crew/max --read-only"],
    seeAlso: ["gt peek", "gt nudge", "gt feed"],
    load: () => import("./attach.ts"),
  },
];
