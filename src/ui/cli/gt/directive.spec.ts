import type { CommandSpec, FlagSpec } from "../command.ts";

const rig: FlagSpec = { name: "rig", value: "rig", summary: "those of this rig" };

export const directiveCommands: readonly CommandSpec[] = [
  {
    name: "directive",
    group: "config",
    summary: "what you want every agent of a role to keep to",
    description:
      "Markdown files directives/<role>.md of the town and of a rig. gt prime prints them behind the role's brief, with the word that they win over brief and workflow; a change holds from the next prime on.",
    seeAlso: ["gt prime", "gt role def"],
    subcommands: [
      {
        name: "show",
        summary: "what an agent of the role is told",
        args: [{ name: "role" }],
        flags: [rig],
        examples: ["gt directive show polecat --rig web"],
        load: () => import("./directive-show.ts"),
      },
      {
        name: "edit",
        summary: "edit the file of a role; it is made when there is none",
        description: "The town's file, for all rigs, unless --rig names one.",
        args: [{ name: "role" }],
        flags: [rig],
        examples: ["gt directive edit polecat --rig web", "gt directive edit mayor"],
        load: () => import("./directive-edit.ts"),
      },
      {
        name: "list",
        aliases: ["ls"],
        summary: "all directive files",
        examples: ["gt directive list --json"],
        load: () => import("./directive-list.ts"),
      },
    ],
  },
];
