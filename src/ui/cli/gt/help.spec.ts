import type { CommandSpec } from "../command.ts";

export const helpCommands: readonly CommandSpec[] = [
  {
    name: "help",
    group: "diag",
    summary: "help about a command",
    args: [{ name: "command", optional: true, many: true }],
    flags: [{ name: "all", summary: "also the commands that are not shown otherwise" }],
    examples: ["gt help sling", "gt help --all"],
    load: () => import("../show-help.ts"),
  },
];
