import type { CommandSpec, FlagSpec } from "../command.ts";

const dryRun: FlagSpec = { name: "dry-run", short: "n", summary: "say what would happen" };
const force: FlagSpec = { name: "force", short: "f", summary: "keep the work elsewhere and go on" };

export const polecatCommands: readonly CommandSpec[] = [
  {
    name: "polecat",
    aliases: ["polecats"],
    group: "agents",
    summary: "workers, one bead and one worktree each",
    seeAlso: ["gt sling", "gt hook", "gt agents"],
    subcommands: [
      {
        name: "list",
        aliases: ["ls"],
        summary: "polecats with state, health and bead",
        args: [{ name: "rig", optional: true }],
        flags: [{ name: "all", short: "a", summary: "of all rigs" }],
        load: () => import("./polecat-list.ts"),
      },
      {
        name: "status",
        summary: "everything about one polecat",
        args: [{ name: "polecat" }],
        load: () => import("./polecat-status.ts"),
      },
      {
        name: "git-state",
        summary: "what in its sandbox is nowhere else",
        args: [{ name: "polecat" }],
        load: () => import("./polecat-status.ts"),
      },
      {
        name: "check-recovery",
        summary: "whether its sandbox may be removed",
        args: [{ name: "polecat" }],
        load: () => import("./polecat-status.ts"),
      },
      {
        name: "nuke",
        summary: "remove sandboxes; the identities stay",
        description:
          "Refused while work would be lost. By force the work is kept as snapshot, pushed branch or archive ref first.",
        args: [{ name: "polecat", many: true }],
        flags: [
          force,
          { name: "all", short: "a", summary: "all polecats of the rig given" },
          { name: "discard", summary: "even when nothing of it can be kept" },
          dryRun,
        ],
        examples: ["gt polecat nuke web/nux", "gt polecat nuke web --all --force"],
        load: () => import("./polecat-nuke.ts"),
      },
      {
        name: "remove",
        summary: "like nuke, but not while the session runs",
        args: [{ name: "polecat", many: true }],
        flags: [force, { name: "all", short: "a", summary: "all polecats of the rig given" }, dryRun],
        load: () => import("./polecat-nuke.ts"),
      },
      {
        name: "stale",
        summary: "sandboxes that nobody needs",
        args: [{ name: "rig" }],
        flags: [
          { name: "threshold", value: "n", summary: "commits behind the default branch", default: "20" },
          { name: "cleanup", summary: "remove them" },
          dryRun,
        ],
        load: () => import("./polecat-stale.ts"),
      },
      {
        name: "gc",
        summary: "delete branches whose commits are safe elsewhere",
        args: [{ name: "rig" }],
        flags: [dryRun],
        load: () => import("./polecat-gc.ts"),
      },
      {
        name: "identity",
        summary: "who a polecat is and what it has done",
        subcommands: [
          {
            name: "list",
            summary: "identities of a rig, also without a sandbox",
            args: [{ name: "rig" }],
            load: () => import("./polecat-identity.ts"),
          },
          {
            name: "show",
            summary: "its work so far",
            args: [{ name: "rig" }, { name: "name" }],
            load: () => import("./polecat-identity.ts"),
          },
        ],
      },
    ],
  },
  {
    name: "namepool",
    group: "agents",
    summary: "names that polecats are given",
    args: [],
    flags: [
      { name: "list", short: "l", summary: "all themes" },
      { name: "rig", value: "rig", summary: "of this rig" },
    ],
    examples: ["gt namepool --rig web", "gt namepool --list"],
    load: () => import("./namepool.ts"),
    subcommands: [
      {
        name: "themes",
        summary: "themes, or the names of one",
        args: [{ name: "theme", optional: true }],
        load: () => import("./namepool-themes.ts"),
      },
    ],
  },
];
