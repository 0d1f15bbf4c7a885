import type { ArgumentSpec, CommandSpec, FlagSpec } from "../command.ts";

const dryRun: FlagSpec = { name: "dry-run", summary: "only say what would happen" };
const variable: FlagSpec = { name: "var", value: "name=value", many: true, summary: "a variable's value" };
const molecule: ArgumentSpec = { name: "mol", optional: true };

const pourFlags: readonly FlagSpec[] = [
  variable,
  { name: "assignee", value: "address", summary: "who works by it" },
  { name: "on", value: "bead", summary: "bead that waits for it and fills in its variables" },
  { name: "tier", value: "tier", summary: "only formulas of this tier" },
  dryRun,
];

const wispFlags: readonly FlagSpec[] = [
  ...pourFlags,
  { name: "root-only", summary: "one bead that keeps the steps; refused where steps have to be beads" },
  { name: "poured", summary: "a bead for each step" },
];

export const moleculeCommands: readonly CommandSpec[] = [
  {
    name: "mol",
    group: "work",
    summary: "running workflows",
    subcommands: [
      {
        name: "pour",
        summary: "make a lasting molecule of a formula, a bead for each step",
        args: [{ name: "formula" }],
        flags: [
          ...pourFlags,
          { name: "attach", value: "formula", many: true, summary: "further formulas to bond to it" },
          {
            name: "attach-type",
            value: "type",
            summary: "how they are bonded",
            choices: ["sequential", "parallel", "conditional"],
          },
        ],
        examples: ["bd mol pour release-gated --var version=1.2.3"],
        load: async () => ({ run: (await import("./mol-pour.ts")).pour }),
      },
      {
        name: "wisp",
        summary: "short-lived workflows and records",
        args: [{ name: "formula", optional: true }],
        flags: wispFlags,
        examples: ["bd mol wisp shiny --var feature=Search"],
        load: async () => ({ run: (await import("./mol-pour.ts")).wisp }),
        subcommands: [
          {
            name: "create",
            summary: "make a short-lived molecule of a formula",
            args: [{ name: "formula" }],
            flags: wispFlags,
            examples: ["bd mol wisp create shiny --var feature=Search"],
            load: async () => ({ run: (await import("./mol-pour.ts")).wisp }),
          },
          {
            name: "list",
            summary: "open wisps, the old ones marked",
            flags: [
              { name: "all", summary: "closed ones too" },
              { name: "type", value: "type", summary: "of this type" },
            ],
            examples: ["bd mol wisp list"],
            load: async () => ({ run: (await import("./mol-list.ts")).wisps }),
          },
          {
            name: "gc",
            summary: "delete abandoned wisps, and those whose time is over",
            flags: [
              { name: "age", value: "duration", summary: "abandoned for so long (default 1h)" },
              { name: "all", summary: "also closed wisps past their time; keeps what proved of value" },
              { name: "closed", summary: "closed wisps whatever their age; only a preview without --force" },
              {
                name: "exclude-type",
                value: "types",
                list: true,
                summary: "leave wisps of these types alone",
              },
              { name: "force", short: "f", summary: "delete what --closed lists" },
              { name: "dry-run", summary: "only say what would be deleted" },
            ],
            examples: ["bd mol wisp gc --dry-run", "bd mol wisp gc --all"],
            load: () => import("./wisp-gc.ts"),
          },
        ],
      },
      {
        name: "list",
        summary: "molecules that are not complete",
        flags: [
          { name: "all", summary: "complete ones too" },
          { name: "phase", value: "phase", summary: "of this phase", choices: ["liquid", "vapor"] },
          { name: "formula", value: "name", summary: "of this formula" },
          { name: "assignee", value: "address", summary: "in these hands" },
          { name: "limit", short: "n", value: "n", summary: "at most so many (default 50)" },
        ],
        examples: ["bd mol list"],
        load: async () => ({ run: (await import("./mol-list.ts")).list }),
      },
      {
        name: "show",
        summary: "a molecule with its variables, bonds and steps",
        args: [molecule],
        flags: [{ name: "parallel", summary: "what may run side by side" }],
        examples: ["bd mol show gt-mol-k3v9q"],
        load: () => import("./mol-show.ts"),
      },
      {
        name: "current",
        summary: "where a molecule is, step by step",
        args: [molecule],
        flags: [
          { name: "for", value: "agent", summary: "molecules of this agent" },
          { name: "limit", short: "n", value: "n", summary: "the first n steps; 0 for all" },
          { name: "range", value: "a-b", summary: "steps a to b" },
        ],
        examples: ["bd mol current", "bd mol current gt-mol-k3v9q --range 10-20"],
        load: () => import("./mol-current.ts"),
      },
      {
        name: "progress",
        summary: "how far a molecule is, in numbers",
        args: [molecule],
        examples: ["bd mol progress gt-mol-k3v9q"],
        load: () => import("./mol-progress.ts"),
      },
      {
        name: "ready",
        summary: "molecules that can go on because a gate has closed",
        flags: [{ name: "gated", summary: "the only kind there is" }],
        examples: ["bd mol ready --gated"],
        load: async () => ({ run: (await import("./gated-ready.ts")).run }),
      },
      {
        name: "bond",
        summary: "join two pieces of work",
        description:
          "Each is a bead or a formula. sequential: the second waits for the first. parallel: the second hangs under the first. conditional: the second runs only if the first fails.",
        args: [{ name: "a" }, { name: "b" }],
        flags: [
          {
            name: "type",
            value: "type",
            summary: "how they are joined",
            choices: ["sequential", "parallel", "conditional"],
            default: "sequential",
          },
          variable,
          { name: "ref", value: "text", summary: "the new molecule's id: <bead>.<ref>" },
          { name: "pour", summary: "the new molecule is lasting" },
          { name: "ephemeral", summary: "the new molecule is a wisp" },
          dryRun,
        ],
        examples: ["bd mol bond gt-1 gt-2", "bd mol bond gt-1 shiny --var feature=Search"],
        load: () => import("./mol-bond.ts"),
      },
      {
        name: "squash",
        summary: "keep one digest instead of a wisp's steps",
        args: [{ name: "mol" }],
        flags: [
          { name: "summary", value: "text", summary: "text of the digest" },
          { name: "keep-children", summary: "the steps stay" },
          dryRun,
        ],
        examples: ['bd mol squash gt-wisp-k3v9q --summary "all green"'],
        load: async () => ({ run: (await import("./mol-end.ts")).squash }),
      },
      {
        name: "burn",
        summary: "remove molecules without a trace",
        args: [{ name: "mol", many: true }],
        flags: [{ name: "force", short: "f", aliases: ["y"], summary: "do not ask" }, dryRun],
        examples: ["bd mol burn gt-wisp-k3v9q --force"],
        load: async () => ({ run: (await import("./mol-end.ts")).burn }),
      },
      {
        name: "stale",
        summary: "molecules whose steps are all closed but not their root",
        flags: [
          { name: "blocking", summary: "only those that something waits for" },
          { name: "unassigned", summary: "only those in nobody's hands" },
          { name: "all", summary: "all of them (the default)" },
        ],
        examples: ["bd mol stale --blocking"],
        load: () => import("./mol-stale.ts"),
      },
      {
        name: "distill",
        summary: "write a formula of the work of an epic",
        description: "Children become steps, what blocks them becomes their needs.",
        args: [{ name: "epic" }, { name: "name", optional: true }],
        flags: [
          { name: "var", value: "name=value", many: true, summary: "this value becomes a variable" },
          { name: "output", value: "dir", summary: "where it is written; the project's formulas by default" },
          { name: "dry-run", summary: "only show it" },
        ],
        examples: ["bd mol distill gt-a3f8b deploy --var version=1.2.3"],
        load: () => import("./mol-distill.ts"),
      },
      {
        name: "last-activity",
        summary: "the latest change of a molecule",
        args: [molecule],
        examples: ["bd mol last-activity gt-mol-k3v9q"],
        load: async () => ({ run: (await import("./mol-stale.ts")).lastActivity }),
      },
    ],
  },
];
