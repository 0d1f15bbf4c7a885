import type { CommandSpec } from "../command.ts";

export const closeCommands: readonly CommandSpec[] = [
  {
    name: "close",
    group: "work",
    summary: "close beads and land what they complete",
    description: "Like bd close; convoys that are complete by it land at once.",
    args: [{ name: "bead", many: true }],
    flags: [
      { name: "reason", aliases: ["comment"], value: "text", summary: "why" },
      { name: "force", short: "f", summary: "also with open blockers or children" },
      { name: "cascade", summary: "children first" },
    ],
    examples: ['gt close web-a1b2c --reason "done by hand"'],
    seeAlso: ["bd close", "gt convoy check"],
    load: () => import("./close.ts"),
  },
];
