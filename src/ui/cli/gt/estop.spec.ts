import type { CommandSpec } from "../command.ts";

const rig = { name: "rig", value: "name", summary: "only this rig" };

export const estopCommands: readonly CommandSpec[] = [
  {
    name: "estop",
    group: "services",
    summary: "freeze all agents at once",
    description:
      "Stops every agent's processes where they are and starts nothing any more, until gt thaw. The mayor goes on. No work is lost.",
    flags: [
      { name: "reason", short: "r", value: "text", summary: "why, for whoever finds the town frozen" },
      rig,
    ],
    examples: ['gt estop -r "wrong branch everywhere"', "gt estop --rig web"],
    seeAlso: ["gt thaw", "gt down"],
    load: () => import("./estop.ts"),
  },
  {
    name: "thaw",
    group: "services",
    summary: "let frozen agents go on",
    flags: [rig],
    examples: ["gt thaw", "gt thaw --rig web"],
    seeAlso: ["gt estop"],
    load: () => import("./thaw.ts"),
  },
];
