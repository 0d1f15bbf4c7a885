import type { CommandSpec } from "../command.ts";

const name = [{ name: "name" }] as const;
const maybeName = [{ name: "name", optional: true }] as const;

export const dogCommands: readonly CommandSpec[] = [
  {
    name: "dog",
    aliases: ["dogs"],
    group: "services",
    summary: "the helpers that do the town's chores",
    description:
      "A dog does one chore at a time: a plugin, or a bead slung to deacon/dogs. They are made when they are needed, up to operational.daemon.max_dogs.",
    seeAlso: ["gt plugin list", "gt sling <bead> deacon/dogs"],
    subcommands: [
      {
        name: "add",
        summary: "make a dog",
        args: name,
        examples: ["gt dog add rex"],
        load: () => import("./dog-add.ts"),
      },
      {
        name: "remove",
        aliases: ["rm"],
        summary: "remove dogs and their places",
        args: [{ name: "name", optional: true, many: true }],
        flags: [
          { name: "all", summary: "all of them" },
          { name: "force", short: "f", summary: "also those that work" },
        ],
        examples: ["gt dog remove rex", "gt dog remove --all"],
        load: () => import("./dog-remove.ts"),
      },
      {
        name: "list",
        aliases: ["ls"],
        summary: "all dogs and what they do",
        examples: ["gt dog list", "gt dog list --json"],
        load: () => import("./dog-list.ts"),
      },
      {
        name: "status",
        summary: "one dog, or all",
        args: maybeName,
        examples: ["gt dog status alpha"],
        load: () => import("./dog-list.ts"),
      },
      {
        name: "call",
        summary: "wake a dog that is idle",
        args: maybeName,
        flags: [{ name: "all", summary: "every idle dog" }],
        load: () => import("./dog-call.ts"),
      },
      {
        name: "done",
        summary: "a dog says that its chore is over; its session ends",
        args: maybeName,
        flags: [{ name: "failed", summary: "it could not be done" }],
        examples: ["gt dog done"],
        load: () => import("./dog-done.ts"),
      },
      {
        name: "clear",
        summary: "take a dog's work away and make it idle",
        args: name,
        flags: [{ name: "force", short: "f", summary: "also end its session" }],
        load: () => import("./dog-clear.ts"),
      },
      {
        name: "dispatch",
        summary: "have a dog run a plugin now",
        flags: [
          { name: "plugin", value: "name", summary: "the plugin" },
          { name: "rig", value: "rig", summary: "only for this rig" },
          { name: "dog", value: "name", summary: "this dog" },
          { name: "create", summary: "make that dog if there is none of the name" },
          { name: "dry-run", short: "n", summary: "only say what would be done" },
        ],
        examples: ["gt dog dispatch --plugin git-hygiene"],
        seeAlso: ["gt plugin run"],
        load: () => import("./dog-dispatch.ts"),
      },
      {
        name: "health-check",
        summary: "dogs that are dead, hang or hold work of which nothing is known",
        args: maybeName,
        flags: [
          { name: "auto-clear", summary: "free them" },
          {
            name: "max-inactivity",
            value: "duration",
            default: "10m",
            summary: "a living session that says nothing for so long hangs",
          },
        ],
        load: () => import("./dog-health-check.ts"),
      },
    ],
  },
];
