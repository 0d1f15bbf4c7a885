import type { CommandSpec } from "../command.ts";

export const versionCommands: readonly CommandSpec[] = [
  {
    name: "version",
    group: "diag",
    summary: "version of this program",
    description: "Prints the version, how this copy was built and from which commit. Works without a town.",
    flags: [
      { name: "short", summary: "the number alone" },
      { name: "verbose", short: "v", summary: "also package directory, Node, SQLite, git and platform" },
    ],
    examples: ["gt version", "gt version -v"],
    seeAlso: ["gt info", "gt doctor"],
    load: () => import("./version.ts"),
  },
];
