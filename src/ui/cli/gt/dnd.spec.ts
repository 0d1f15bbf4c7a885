import type { CommandSpec } from "../command.ts";

export const dndCommands: readonly CommandSpec[] = [
  {
    name: "dnd",
    group: "comm",
    summary: "do not disturb: hold nudges back",
    description:
      "Without an argument it toggles. Urgent mail, critical escalations and forced nudges always arrive.",
    args: [{ name: "action", optional: true }],
    examples: ["gt dnd on", "gt dnd off", "gt dnd status"],
    seeAlso: ["gt notify", "gt nudge"],
    load: () => import("./dnd.ts"),
  },
  {
    name: "notify",
    group: "comm",
    summary: "show or set how much you are told",
    args: [{ name: "level", optional: true }],
    examples: ["gt notify verbose"],
    seeAlso: ["gt dnd"],
    load: () => import("./notify.ts"),
  },
];
