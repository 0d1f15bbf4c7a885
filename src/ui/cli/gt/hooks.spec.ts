import type { CommandSpec } from "../command.ts";

export const hooksCommands: readonly CommandSpec[] = [
  {
    name: "hooks",
    group: "config",
    summary: "the hooks that agent runtimes run for us, and your own beside them",
    description:
      "Each session start writes its runtime's hooks file. Your own hooks, in the words of Claude's settings, stand in ~/.gt/hooks-base.json and ~/.gt/hooks-overrides/ ($GT_HOME instead of ~/.gt) and go into every file whose runtime knows the event. OpenCode, Pi, OMP and Auggie have no place for them: there gt runs them itself, by the rules of Claude Code.",
    seeAlso: ["gt hook", "gt signal stop"],
    subcommands: [
      {
        name: "list",
        aliases: ["ls"],
        summary: "the files that we keep, and whether they are up to date",
        examples: ["gt hooks list --json"],
        load: () => import("./hooks-list.ts"),
      },
      {
        name: "sync",
        summary: "bring all files up to date",
        flags: [{ name: "dry-run", short: "n", summary: "only say what would be written" }],
        examples: ["gt hooks sync -n"],
        load: () => import("./hooks-sync.ts"),
      },
      {
        name: "repair",
        summary:
          "the same, take our entries out of where they no longer belong, mend worktrees and snapshots",
        load: () => import("./hooks-sync.ts"),
      },
      {
        name: "diff",
        summary: "what sync would change; exit 1 when there is something",
        args: [{ name: "target", optional: true }],
        examples: ["gt hooks diff", "gt hooks diff web/polecats"],
        load: () => import("./hooks-diff.ts"),
      },
      {
        name: "base",
        summary: "edit your hooks for all roles",
        flags: [{ name: "show", summary: "print the file" }],
        load: () => import("./hooks-edit.ts"),
      },
      {
        name: "override",
        summary: "edit your hooks for one role, or one role of a rig",
        description: "The same event and matcher replaces those of the base; an empty list removes them.",
        args: [{ name: "target" }],
        flags: [{ name: "show", summary: "print the file" }],
        examples: ["gt hooks override crew", "gt hooks override web/polecats"],
        load: () => import("./hooks-edit.ts"),
      },
      {
        name: "scan",
        summary: "every hook in the town's files, by event",
        flags: [{ name: "verbose", short: "v", summary: "also the file of each" }],
        load: () => import("./hooks-scan.ts"),
      },
    ],
  },
];
