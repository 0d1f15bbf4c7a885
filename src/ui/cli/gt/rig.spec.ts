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
        args: [{ name: "name" }, { name: "git-url or path" }],
        flags: [
          { name: "prefix", value: "p", summary: "bead prefix (default: from the name)" },
          { name: "branch", value: "b", summary: "default branch (default: the remote's HEAD)" },
          { name: "local-repo", value: "path", summary: "borrow objects from a local clone while cloning" },
          { name: "push-url", value: "url", summary: "push elsewhere" },
          { name: "upstream-url", value: "url", summary: "extra remote named upstream" },
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
    ],
  },
];
