import type { CommandSpec } from "../command.ts";

export const installCommands: readonly CommandSpec[] = [
  {
    name: "install",
    group: "workspace",
    summary: "create a town, or repair one",
    description:
      "Makes a directory a town: settings, ledger, the identities of the town's agents. Run again in a town, it adds what is missing and changes nothing else.",
    args: [{ name: "path", optional: true }],
    flags: [
      { name: "name", short: "n", value: "name", summary: "town name (default: the directory's)" },
      { name: "owner", value: "email", summary: "the town's owner (default: your git email)" },
      { name: "public-name", value: "name", summary: "name used in federation" },
      { name: "git", summary: "put the town under git" },
      { name: "force", short: "f", summary: "go on in a filled directory or below a git repository" },
    ],
    examples: ["gt install ~/gt --git", "gt install . --name demo"],
    seeAlso: ["gt rig add", "gt doctor"],
    load: () => import("./install.ts"),
  },
];
