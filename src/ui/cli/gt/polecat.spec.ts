import type { CommandSpec, FlagSpec } from "../command.ts";

const dryRun: FlagSpec = { name: "dry-run", short: "n", summary: "say what would happen" };
const rig: FlagSpec = { name: "rig", value: "rig", summary: "of this rig" };
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
        name: "prune",
        summary: "the same after a look at the remote, and there too with --remote",
        args: [{ name: "rig" }],
        flags: [{ name: "remote", summary: "also delete landed polecat branches of the remote" }, dryRun],
        seeAlso: ["gt polecat gc", "gt prune-branches"],
        load: () => import("./polecat-gc.ts"),
      },
      {
        name: "pool-init",
        summary: "make idle polecats ahead of their work",
        args: [{ name: "rig" }],
        flags: [
          { name: "size", value: "n", summary: "how many there shall be (default: polecat_pool_size, 4)" },
          dryRun,
        ],
        examples: ["gt polecat pool-init web --size 6"],
        load: () => import("./polecat-pool-init.ts"),
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
          {
            name: "add",
            summary: "make one, without a sandbox",
            args: [{ name: "rig" }, { name: "name", optional: true }],
            load: () => import("./polecat-identity-change.ts"),
          },
          {
            name: "rename",
            summary: "another name; sandbox, work and mail go along",
            args: [{ name: "rig" }, { name: "old" }, { name: "new" }],
            load: () => import("./polecat-identity-change.ts"),
          },
          {
            name: "remove",
            aliases: ["rm"],
            summary: "close it for good",
            args: [{ name: "rig" }, { name: "name" }],
            flags: [force],
            load: () => import("./polecat-identity-change.ts"),
          },
        ],
      },
    ],
  },
  {
    name: "prune-branches",
    group: "workspace",
    summary: "delete local branches here whose commits are safe elsewhere",
    flags: [{ name: "pattern", value: "glob", summary: "which branches", default: "polecat/*" }, dryRun],
    examples: ["gt prune-branches --dry-run"],
    seeAlso: ["gt polecat gc"],
    load: () => import("./prune-branches.ts"),
  },
  {
    name: "orphans",
    group: "workspace",
    summary: "commits that nobody holds: unreachable ones and unmerged polecat branches without a sandbox",
    flags: [
      rig,
      { name: "days", value: "n", summary: "not older than", default: "7" },
      { name: "all", short: "a", summary: "of any age" },
    ],
    examples: ["gt orphans --days 30", "gt orphans recover 1a2b3c4d5e --rig web"],
    seeAlso: ["gt polecat gc", "gt hook snapshots"],
    load: () => import("./orphans.ts"),
    subcommands: [
      {
        name: "recover",
        summary: "make a branch of one",
        args: [{ name: "commit" }],
        flags: [rig, { name: "branch", value: "name", summary: "its name (default: recovered/<commit>)" }],
        load: () => import("./orphans-recover.ts"),
      },
      {
        name: "procs",
        summary: "processes that ended sessions left running",
        examples: ["gt orphans procs", "gt orphans procs kill"],
        seeAlso: ["gt cleanup"],
        load: () => import("./orphan-processes.ts"),
        subcommands: [
          { name: "list", summary: "name them", load: () => import("./orphan-processes.ts") },
          {
            name: "kill",
            summary: "end them",
            flags: [{ name: "force", short: "f", summary: "do not ask" }],
            load: () => import("./orphan-processes.ts"),
          },
        ],
      },
      {
        name: "kill",
        summary: "drop snapshots past their time and let git tidy up",
        load: () => import("./orphans-kill.ts"),
      },
    ],
  },
  {
    name: "namepool",
    group: "agents",
    summary: "names that polecats are given",
    args: [],
    flags: [{ name: "list", short: "l", summary: "all themes" }, rig],
    examples: ["gt namepool --rig web", "gt namepool --list"],
    load: () => import("./namepool.ts"),
    subcommands: [
      {
        name: "themes",
        summary: "themes, or the names of one",
        args: [{ name: "theme", optional: true }],
        load: () => import("./namepool-themes.ts"),
      },
      {
        name: "set",
        summary: "name new polecats by a theme",
        args: [{ name: "theme" }],
        flags: [rig],
        load: () => import("./namepool-set.ts"),
      },
      {
        name: "add",
        summary: "one more name",
        args: [{ name: "name" }],
        flags: [rig],
        load: () => import("./namepool-add.ts"),
      },
      {
        name: "create",
        summary: "make a theme of your own names",
        args: [{ name: "theme" }, { name: "names", optional: true, many: true }],
        flags: [{ name: "from-file", value: "file", summary: "one name a line, # begins a remark" }],
        examples: ["gt namepool create rivers danube rhine volga"],
        load: () => import("./namepool-create.ts"),
      },
      {
        name: "delete",
        aliases: ["rm"],
        summary: "remove a theme of your own that no rig uses",
        args: [{ name: "theme" }],
        load: () => import("./namepool-delete.ts"),
      },
      {
        name: "reset",
        summary: "begin anew with the numbers that follow when all names are taken",
        flags: [rig],
        load: () => import("./namepool-reset.ts"),
      },
    ],
  },
];
