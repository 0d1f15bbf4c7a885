import type { CommandSpec } from "../command.ts";

export const broadcastCommands: readonly CommandSpec[] = [
  {
    name: "broadcast",
    group: "comm",
    summary: "say something to all running workers",
    description: "Nudges every running polecat and crew session but your own; each gets it when it is idle.",
    args: [{ name: "message" }],
    flags: [
      { name: "rig", value: "rig", summary: "only the workers of one rig" },
      { name: "all", summary: "also mayor, deacon, witnesses and refineries that run as agents" },
      { name: "force", short: "f", summary: "also to muted agents" },
      { name: "dry-run", short: "n", summary: "show who would get it" },
    ],
    examples: ['gt broadcast "main is frozen until 3pm"', 'gt broadcast "rebase, please" --rig web'],
    seeAlso: ["gt nudge", "gt dnd"],
    load: () => import("./broadcast.ts"),
  },
];
