import type { CommandSpec, FlagSpec } from "../command.ts";

const tier: FlagSpec = {
  name: "tier",
  value: "tier",
  choices: ["project", "rig", "town", "user", "embedded"],
  summary: "only look there",
};
const variables: FlagSpec = {
  name: "var",
  value: "name=value",
  many: true,
  summary: "value of a variable; may be given again",
};
const search: FlagSpec = { name: "search-path", value: "dir", many: true, summary: "look here first" };
/** `bd` has it for every command. */
const rig: FlagSpec = { name: "rig", value: "rig", summary: "as seen from this rig" };
const ownRig: FlagSpec = { name: "rig", value: "rig", summary: "for this rig instead of the town" };

function readCommands(program: "gt" | "bd"): readonly CommandSpec[] {
  const shared = program === "gt" ? [tier, rig] : [tier];
  return [
    {
      name: "list",
      aliases: ["ls"],
      summary: "all formulas that can be used here",
      flags: [
        {
          name: "type",
          value: "type",
          choices: ["workflow", "expansion", "aspect", "convoy"],
          summary: "only these",
        },
        { name: "all", summary: "also those that another one hides" },
        ...shared,
      ],
      examples: [`${program} formula list`, `${program} formula list --type convoy --json`],
      load: () => import("./list.ts"),
    },
    {
      name: "show",
      summary: "one formula with its variables and steps",
      args: [{ name: "formula" }],
      flags: [
        { name: "resolve", summary: "where it was looked for" },
        { name: "cooked", summary: "the steps after the composition" },
        { name: "raw", summary: "the file's text" },
        ...shared,
      ],
      examples: [`${program} formula show mol-polecat-work`, `${program} formula show shiny-secure --cooked`],
      load: () => import("./show.ts"),
    },
    {
      name: "check",
      summary: "everything that is wrong with it",
      description:
        "Reads the formula, cooks it without values and tells all problems at once, each with what to do.",
      args: [{ name: "formula", optional: true }],
      flags: [
        { name: "all", summary: "every formula that can be found" },
        { name: "strict", summary: "warnings count as errors" },
        variables,
        ...shared,
      ],
      examples: [`${program} formula check my-work`, `${program} formula check --all`],
      load: () => import("./check.ts"),
    },
  ];
}

const overlay: CommandSpec = {
  name: "overlay",
  summary: "what a town or rig changes in a formula's steps",
  description:
    "An overlay replaces, extends or skips steps of a formula without copying it. A rig's file counts instead of the town's.",
  subcommands: [
    {
      name: "show",
      summary: "the overlay that counts",
      args: [{ name: "formula" }],
      flags: [rig],
      examples: ["gt formula overlay show mol-polecat-work --rig web"],
      load: async () => ({ run: (await import("./overlay.ts")).show }),
    },
    {
      name: "edit",
      summary: "open it in the editor and check it afterwards",
      args: [{ name: "formula" }],
      flags: [ownRig],
      examples: ["gt formula overlay edit mol-polecat-work --rig web"],
      load: async () => ({ run: (await import("./overlay.ts")).edit }),
    },
    {
      name: "list",
      aliases: ["ls"],
      summary: "all overlays of the town",
      flags: [{ ...rig, summary: "only of this rig" }],
      examples: ["gt formula overlay list"],
      load: async () => ({ run: (await import("./overlay.ts")).list }),
    },
  ],
};

const description =
  "A formula is a TOML file that describes work: a workflow of steps, a convoy of legs side by side, or a part that others use. It is looked for in the project, the rig, the town, the user's home and among the shipped ones, in this order.";

/** `gt formula` (spec/02 §13.1). */
export const gtFormulaCommands: readonly CommandSpec[] = [
  {
    name: "formula",
    aliases: ["formulas"],
    group: "work",
    summary: "descriptions of work that agents follow",
    description,
    seeAlso: ["bd cook", "gt sling"],
    subcommands: [
      ...readCommands("gt"),
      {
        name: "run",
        summary: "make a convoy formula's legs and start them",
        description:
          "Each leg becomes a bead that a worker of its own takes; the synthesis starts by itself when they are done. Flags that are named like an input give its value.",
        args: [{ name: "formula" }],
        passThrough: true,
        flags: [
          { ...rig, summary: "in this rig" },
          { name: "pr", value: "number", summary: "about this pull request" },
          { name: "branch", value: "branch", summary: "about this branch" },
          { name: "files", value: "glob", many: true, summary: "about these files of the rig" },
          { ...variables, aliases: ["set"] },
          { name: "preset", value: "preset", summary: "the legs of this preset" },
          { name: "legs", value: "legs", list: true, summary: "only these legs" },
          { name: "agent", value: "name", summary: "runtime of the legs that do not name one" },
          { name: "no-dispatch", summary: "only make the beads" },
          { name: "notify", value: "address", many: true, summary: "who else hears of the end" },
          { name: "dry-run", short: "n", summary: "say what would be made and make nothing" },
        ],
        examples: [
          "gt formula run code-review --pr 12 --preset gate",
          'gt formula run design --problem="offline mode" --dry-run',
        ],
        load: () => import("./run.ts"),
      },
      {
        name: "create",
        summary: "a commented formula to begin with",
        args: [{ name: "name" }],
        flags: [
          {
            name: "type",
            value: "type",
            choices: ["task", "workflow", "patrol", "convoy", "expansion", "aspect"],
            default: "task",
            summary: "what kind",
          },
          {
            name: "tier",
            value: "tier",
            choices: ["project", "town"],
            summary: "where (default: the checkout when it keeps beads)",
          },
          ownRig,
        ],
        examples: ["gt formula create mol-my-work", "gt formula create our-review --type convoy --tier town"],
        load: () => import("./create.ts"),
      },
      {
        name: "eject",
        summary: "copy a shipped formula, to change it",
        args: [{ name: "formula" }],
        flags: [ownRig],
        examples: ["gt formula eject mol-polecat-work --rig web"],
        load: () => import("./eject.ts"),
      },
      overlay,
    ],
  },
];

/** `bd formula` and `bd cook` (spec/02 §13.1, §13.2). */
export const bdFormulaCommands: readonly CommandSpec[] = [
  {
    name: "formula",
    group: "work",
    summary: "descriptions of work that agents follow",
    description,
    seeAlso: ["bd cook"],
    subcommands: readCommands("bd"),
  },
  {
    name: "cook",
    group: "work",
    summary: "show what becomes of a formula",
    description:
      "Resolves everything that the formula is composed of into a flat, ordered list of steps, and writes nothing to the ledger. Without values placeholders stay.",
    args: [{ name: "formula" }],
    flags: [
      variables,
      {
        name: "mode",
        value: "mode",
        choices: ["compile", "runtime"],
        summary: "runtime fills in values (default with --var)",
      },
      { name: "dry-run", short: "n", summary: "for people instead of as JSON" },
      { name: "output", short: "o", value: "file", summary: "write it to this file" },
      tier,
      search,
    ],
    examples: ["bd cook shiny --dry-run", 'bd cook shiny --var feature="Dark mode"'],
    load: () => import("./cook.ts"),
  },
];
