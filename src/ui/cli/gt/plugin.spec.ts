import type { CommandSpec } from "../command.ts";

const name = [{ name: "name" }] as const;
const rig = { name: "rig", value: "rig", summary: "only for this rig" } as const;

export const pluginCommands: readonly CommandSpec[] = [
  {
    name: "plugin",
    aliases: ["plugins"],
    group: "services",
    summary: "chores that the town does by itself",
    description:
      "A plugin is a directory with a plugin.md, in plugins/ of the town or of a rig. Its gate says when it runs; a run.sh beside it does the work, or an agent follows its text.",
    seeAlso: ["gt dog list"],
    subcommands: [
      {
        name: "list",
        aliases: ["ls"],
        summary: "all plugins, when they ran and when they will",
        examples: ["gt plugin list", "gt plugin list --json"],
        load: () => import("./plugin-list.ts"),
      },
      {
        name: "show",
        summary: "one plugin with its instructions",
        args: name,
        examples: ["gt plugin show git-hygiene"],
        load: () => import("./plugin-show.ts"),
      },
      {
        name: "run",
        summary: "run it now, if its gate is open",
        args: name,
        flags: [
          rig,
          { name: "force", short: "f", summary: "whatever its gate says" },
          { name: "dry-run", short: "n", summary: "only say what would be done" },
        ],
        examples: ["gt plugin run git-hygiene --force"],
        load: () => import("./plugin-run.ts"),
      },
      {
        name: "history",
        summary: "its last runs",
        args: name,
        flags: [{ name: "limit", value: "count", default: "10", summary: "so many" }],
        examples: ["gt plugin history git-hygiene"],
        load: () => import("./plugin-history.ts"),
      },
      {
        name: "sync",
        summary: "copy the plugins of a directory into the town",
        flags: [
          { name: "source", value: "dir", summary: "where they are; required" },
          { name: "clean", summary: "remove those of the town that are not there" },
          { name: "dry-run", short: "n", summary: "only say what would be done" },
        ],
        examples: ["gt plugin sync --source ~/chores -n"],
        load: () => import("./plugin-sync.ts"),
      },
      {
        name: "enable",
        summary: "let it run in this town",
        args: name,
        flags: [rig],
        load: () => import("./plugin-enable.ts"),
      },
      {
        name: "disable",
        summary: "keep it from running in this town",
        args: name,
        flags: [rig],
        load: () => import("./plugin-enable.ts"),
      },
    ],
  },
];
