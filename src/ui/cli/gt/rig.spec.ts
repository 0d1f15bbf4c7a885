import type { CommandSpec } from "../command.ts";

export const rigCommands: readonly CommandSpec[] = [
  {
    name: "rig",
    group: "workspace",
    summary: "projects under the town's care",
    description:
      "A rig is a project: a shared repository, worktrees of agents, and the beads with its prefix.",
    seeAlso: ["gt install", "gt crew add"],
    subcommands: [
      {
        name: "add",
        summary: "add a project",
        description:
          "Clones the project into a shared repository, makes the worktrees, guesses the gates that every change must pass, and registers the rig. Nothing remains when it fails.",
        args: [{ name: "name" }, { name: "git-url or path", optional: true }],
        flags: [
          { name: "prefix", value: "p", summary: "bead prefix (default: from the name)" },
          { name: "branch", value: "b", summary: "default branch (default: the remote's HEAD)" },
          { name: "local-repo", value: "path", summary: "borrow objects from a local clone while cloning" },
          { name: "push-url", value: "url", summary: "push elsewhere" },
          { name: "upstream-url", value: "url", summary: "extra remote named upstream" },
          { name: "adopt", summary: "register a directory that is already there" },
          { name: "url", value: "url", summary: "with --adopt: where the project comes from" },
          { name: "force", short: "f", summary: "with --adopt: go on when it cannot be reached" },
          { name: "filter", value: "spec", choices: ["blob:none", "tree:0"], summary: "partial clone" },
        ],
        examples: [
          "gt rig add web git@github.com:acme/web.git",
          "gt rig add web ~/src/web --prefix web --yes",
        ],
        load: () => import("./rig-add.ts"),
      },
      {
        name: "list",
        aliases: ["ls"],
        summary: "all rigs with their state",
        examples: ["gt rig list", "gt rig list --json"],
        load: () => import("./rig-list.ts"),
      },
      {
        name: "status",
        summary: "one rig in full",
        args: [{ name: "rig", optional: true }],
        examples: ["gt rig status web"],
        load: () => import("./rig-status.ts"),
      },
      {
        name: "remove",
        aliases: ["rm"],
        summary: "take a rig out of the registry; its files stay",
        args: [{ name: "name" }],
        flags: [{ name: "force", short: "f", summary: "end its sessions, reopen what they hold" }],
        examples: ["gt rig remove web"],
        seeAlso: ["gt rig add --adopt"],
        load: () => import("./rig-remove.ts"),
      },
      {
        name: "reset",
        summary: "archive mail and handoff notes, reopen work that nobody is doing",
        flags: [
          { name: "rig", value: "rig", summary: "which rig (default: the one you are in)" },
          { name: "handoff", summary: "handoff notes alone" },
          { name: "mail", summary: "mail alone" },
          { name: "stale", summary: "work in progress without a worker alone" },
          { name: "role", value: "role", summary: "notes and mail of one role" },
          { name: "dry-run", summary: "only say what would be done" },
        ],
        examples: ["gt rig reset --rig web --dry-run"],
        load: () => import("./rig-reset.ts"),
      },
      {
        name: "settings",
        summary: "preferences of a rig",
        subcommands: [
          {
            name: "show",
            aliases: ["get"],
            summary: "what is set, or one value",
            args: [{ name: "rig" }, { name: "path", optional: true }],
            flags: [
              { name: "all", short: "a", summary: "every key" },
              { name: "source", summary: "with the layer" },
            ],
            examples: ["gt rig settings show web merge_queue"],
            load: () => import("./rig-settings.ts"),
          },
          {
            name: "set",
            summary: "set a value",
            args: [{ name: "rig" }, { name: "path" }, { name: "value" }],
            examples: ['gt rig settings set web merge_queue.test_command "npm test"'],
            load: () => import("./rig-settings.ts"),
          },
          {
            name: "unset",
            summary: "remove a value",
            args: [{ name: "rig" }, { name: "path" }],
            examples: ["gt rig settings unset web merge_queue.test_command"],
            load: () => import("./rig-settings.ts"),
          },
        ],
      },
      {
        name: "config",
        summary: "how a rig is run",
        subcommands: [
          {
            name: "show",
            summary: "all properties",
            args: [{ name: "rig" }],
            flags: [{ name: "layers", summary: "a column for each layer" }],
            examples: ["gt rig config show web --layers"],
            load: () => import("./rig-config.ts"),
          },
          {
            name: "set",
            summary: "set a property in this town",
            args: [{ name: "rig" }, { name: "key" }, { name: "value", optional: true }],
            flags: [
              { name: "global", summary: "on the rig itself, in every town" },
              { name: "block", summary: "let the lookup yield nothing" },
            ],
            examples: ["gt rig config set web auto_restart false"],
            load: () => import("./rig-config.ts"),
          },
          {
            name: "unset",
            summary: "remove a property",
            args: [{ name: "rig" }, { name: "key" }],
            flags: [{ name: "global", summary: "from the rig itself" }],
            examples: ["gt rig config unset web auto_restart"],
            load: () => import("./rig-config.ts"),
          },
        ],
      },
    ],
  },
];
