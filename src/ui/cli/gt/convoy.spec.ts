import type { CommandSpec } from "../command.ts";

export const convoyCommands: readonly CommandSpec[] = [
  {
    name: "convoy",
    group: "work",
    summary: "groups of work, followed to their landing",
    description:
      "A convoy tracks beads of any rig. It feeds what is ready to the rigs and lands by itself when everything is merged.",
    seeAlso: ["gt sling", "gt mq list"],
    subcommands: [
      {
        name: "create",
        summary: "track beads in a new convoy",
        description: "The first word is the name, unless it is a bead; then the convoy is named after that.",
        args: [{ name: "name or bead", optional: true, many: true }],
        flags: [
          { name: "owner", value: "address", summary: "who hears of the landing; you by default" },
          { name: "owned", summary: "closed by its owner, not by the town" },
          {
            ...{ name: "notify", value: "address", many: true },
            summary: "who else hears of the landing; alone: the mayor",
            alone: { value: "mayor/", unless: /^(mayor|overseer|@.+|[^-].*\/.*)$/ },
          },
          { name: "human", summary: "the overseer hears of it, too" },
          {
            name: "merge",
            value: "how",
            summary: "how its work reaches the target",
            choices: ["mr", "direct", "local", "pr"],
          },
          { name: "base-branch", value: "branch", summary: "base and target of its work" },
          { name: "from-epic", value: "epic", summary: "all work below an epic" },
          {
            name: "feed",
            value: "how",
            summary: "auto gives ready work out by itself",
            choices: ["auto", "manual"],
          },
        ],
        examples: ['gt convoy create "Deploy v2" web-a1 web-b2', "gt convoy create web-a1 api-c3"],
        load: () => import("./convoy-create.ts"),
      },
      {
        name: "add",
        summary: "track more beads",
        args: [{ name: "convoy" }, { name: "bead", many: true }],
        load: () => import("./convoy-add.ts"),
      },
      {
        name: "remove",
        summary: "stop tracking beads",
        args: [{ name: "convoy" }, { name: "bead", many: true }],
        load: () => import("./convoy-add.ts"),
      },
      {
        name: "list",
        aliases: ["ls"],
        summary: "open convoys, numbered",
        flags: [
          { name: "all", short: "a", summary: "closed ones, too" },
          { name: "status", value: "status", summary: "only these" },
          { name: "tree", summary: "with their beads" },
          { name: "interactive", short: "i", summary: "in the terminal UI, by waves" },
        ],
        load: () => import("./convoy-list.ts"),
      },
      {
        name: "status",
        aliases: ["show"],
        summary: "where a convoy stands, bead by bead",
        args: [{ name: "convoy", optional: true }],
        load: () => import("./convoy-status.ts"),
      },
      {
        name: "close",
        summary: "close a convoy by hand",
        args: [{ name: "convoy" }],
        flags: [
          { name: "reason", value: "text", summary: "why" },
          { name: "force", short: "f", summary: "also with open issues; it counts as abandoned" },
          { name: "notify", value: "address", summary: "tell this one instead of owner and watchers" },
        ],
        load: () => import("./convoy-close.ts"),
      },
      {
        name: "land",
        summary: "land a convoy that you own",
        args: [{ name: "convoy" }],
        description:
          "Removes the sandboxes of polecats that worked on it and are idle; unsaved work is kept.",
        flags: [
          { name: "force", short: "f", summary: "also with open issues" },
          { name: "keep-worktrees", summary: "leave all sandboxes as they are" },
          { name: "dry-run", short: "n", summary: "only say what would be done" },
        ],
        load: () => import("./convoy-land.ts"),
      },
      {
        name: "reopen",
        summary: "open a closed convoy again",
        args: [{ name: "convoy" }],
        load: () => import("./convoy-close.ts"),
      },
      {
        name: "check",
        summary: "land what is complete, now",
        args: [{ name: "convoy", optional: true }],
        flags: [{ name: "dry-run", short: "n", summary: "say what would land" }],
        load: () => import("./convoy-check.ts"),
      },
      {
        name: "refresh",
        summary: "check one convoy and feed it at once",
        args: [{ name: "convoy" }],
        load: () => import("./convoy-check.ts"),
      },
      {
        name: "stranded",
        summary: "convoys that do not move, and why",
        load: () => import("./convoy-stranded.ts"),
      },
      {
        name: "watch",
        summary: "hear of the landing",
        args: [{ name: "convoy" }],
        flags: [
          { name: "nudge", summary: "by nudge instead of mail" },
          { name: "addr", value: "address", summary: "somebody else than you" },
        ],
        load: () => import("./convoy-watch.ts"),
      },
      {
        name: "unwatch",
        summary: "hear of it no more",
        args: [{ name: "convoy" }],
        flags: [{ name: "addr", value: "address", summary: "somebody else than you" }],
        load: () => import("./convoy-watch.ts"),
      },
      {
        name: "stage",
        summary: "look at work as a whole before it is launched",
        description:
          "Collects an epic, a convoy or tasks, orders them in waves and says what is wrong. Nothing is started.",
        args: [{ name: "epic, convoy or task", many: true }],
        flags: [
          { name: "title", value: "text", summary: "title of the convoy" },
          { name: "launch", summary: "launch it when there is no error" },
          { name: "force", short: "f", summary: "launch in spite of warnings" },
        ],
        load: () => import("./convoy-stage.ts"),
      },
      {
        name: "launch",
        summary: "start a staged convoy",
        args: [{ name: "convoy", many: true }],
        flags: [{ name: "force", short: "f", summary: "in spite of warnings" }],
        load: () => import("./convoy-launch.ts"),
      },
      {
        name: "wait",
        summary: "wait until convoys have ended, for CI",
        description:
          "Exit code 0 landed, 3 closed without landing, 4 stuck, 124 timeout, 130 or 143 interrupted.",
        args: [{ name: "convoy", many: true }],
        flags: [
          { name: "timeout", value: "duration", summary: "give up after this long" },
          {
            ...{ name: "fail-on-stuck", value: "duration" },
            summary: "give up when one is stuck for this long; alone: 10m",
            alone: { value: "10m", unless: /^\d+(ms|[smhd])/ },
          },
          { name: "any", summary: "one of them is enough" },
          { name: "quiet", short: "q", summary: "print nothing, only end with the code" },
          { name: "progress", summary: "say what changes, also without a terminal" },
        ],
        load: () => import("./convoy-wait.ts"),
      },
    ],
  },
];
