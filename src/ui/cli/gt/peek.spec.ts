import type { CommandSpec } from "../command.ts";

export const peekCommands: readonly CommandSpec[] = [
  {
    name: "peek",
    group: "agents",
    summary: "last lines of an agent's screen",
    description:
      "Prints the last lines of the agent's terminal without touching it. For a session that has ended, the lines that it left behind.",
    args: [{ name: "target" }, { name: "lines", optional: true }],
    flags: [
      { name: "lines", short: "n", value: "n", summary: "how many lines (default 100)" },
      { name: "follow", short: "f", summary: "go on with new lines until Ctrl-C" },
    ],
    examples: ["gt peek web/nux", "gt peek web/nux 20", "gt peek mayor -n 50"],
    seeAlso: ["gt attach", "gt nudge"],
    load: () => import("./peek.ts"),
  },
];
