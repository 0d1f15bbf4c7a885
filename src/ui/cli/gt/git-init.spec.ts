import type { CommandSpec } from "../command.ts";

export const gitInitCommands: readonly CommandSpec[] = [
  {
    name: "git-init",
    group: "workspace",
    summary: "put the town under git",
    description:
      "Makes the town a git repository with a .gitignore of our own block and commits what belongs to it. In a repository it only brings the block up to date.",
    examples: ["gt git-init"],
    seeAlso: ["gt install"],
    load: () => import("./git-init.ts"),
  },
];
