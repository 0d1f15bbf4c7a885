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
  {
    name: "uninstall",
    group: "workspace",
    summary: "remove what the program has put on this machine outside towns",
    description:
      "Lists supervisor units, hooks for all towns, state and caches, asks, and removes them. Towns stay, unless --workspace is given; daemons that run go on until gt down.",
    flags: [
      {
        name: "workspace",
        summary: "also delete this town; refused while sessions run or work would be lost",
      },
      { name: "force", short: "f", summary: "do not ask, and delete the town whatever is in it" },
    ],
    examples: ["gt uninstall", "gt uninstall --workspace"],
    seeAlso: ["gt daemon disable-supervisor", "gt shutdown"],
    load: () => import("./uninstall.ts"),
  },
];
