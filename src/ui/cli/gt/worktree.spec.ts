import type { CommandSpec } from "../command.ts";

export const worktreeCommands: readonly CommandSpec[] = [
  {
    name: "worktree",
    group: "workspace",
    summary: "a crew member's workspace in another rig",
    description:
      "Makes a worktree of the other project on a branch of your own and prints how to go there. You stay who you are: what you do there is yours.",
    args: [{ name: "rig" }],
    flags: [{ name: "no-cd", summary: "print only where it is" }],
    examples: ["gt worktree api", 'eval "$(gt worktree api)"', "gt worktree list"],
    seeAlso: ["gt crew add"],
    load: () => import("./worktree.ts"),
    subcommands: [
      {
        name: "list",
        aliases: ["ls"],
        summary: "your worktrees in other rigs; for the overseer everybody's",
        load: () => import("./worktree-list.ts"),
      },
      {
        name: "remove",
        aliases: ["rm"],
        summary: "remove one; its branch stays",
        args: [{ name: "rig" }],
        flags: [
          { name: "force", short: "f", summary: "with uncommitted files; they are kept as a snapshot" },
        ],
        load: () => import("./worktree-remove.ts"),
      },
    ],
  },
];
