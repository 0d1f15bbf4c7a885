import type { CommandSpec } from "../command.ts";

/** What runs when no command is named (spec/07 §2.5). */
export const overviewCommand: CommandSpec = {
  name: "",
  summary: "the terminal UI, or one look at the town with --plain",
  load: () => import("./overview.ts"),
};
