import type { ArgumentSpec, CommandRun, CommandSpec, FlagSpec } from "../command.ts";

const ids = [{ name: "id", many: true }] as const;
const oneId = [{ name: "id" }] as const;
const reason: FlagSpec = { name: "reason", short: "r", value: "text", summary: "why" };
const dryRun: FlagSpec = { name: "dry-run", summary: "only show what would happen" };
const force: FlagSpec = { name: "force", short: "f", summary: "do it; without this only a preview" };

type Verb = "defer" | "undefer" | "pin" | "unpin" | "assign" | "priority" | "tag" | "note";

function shorthand(name: Verb): () => Promise<{ readonly run: CommandRun }> {
  return async () => ({ run: (await import("./shorthands.ts"))[name] });
}

function label(
  name: "add" | "remove" | "edit" | "list" | "listAll" | "propagate",
): () => Promise<{ readonly run: CommandRun }> {
  return async () => ({ run: (await import("./label.ts"))[name] });
}

const commentArgs: readonly ArgumentSpec[] = [
  { name: "id", optional: true },
  { name: "text", optional: true, many: true },
];

const commentFlags: readonly FlagSpec[] = [
  { name: "stdin", summary: "text from stdin" },
  { name: "file", short: "f", value: "file", summary: "text from a file" },
  { name: "author", short: "a", value: "who", summary: "author" },
];

/** Smaller changes of beads (spec/01 §10.2, §10.4). */
export const editCommands: readonly CommandSpec[] = [
  {
    name: "q",
    summary: "create a bead and print only its id",
    args: [{ name: "title", optional: true, many: true }],
    flags: [
      { name: "priority", short: "p", value: "level", summary: "0-4 (default 2)" },
      { name: "type", short: "t", value: "type", summary: "type (default task)" },
      { name: "labels", short: "l", value: "labels", list: true, summary: "labels" },
    ],
    examples: ['bd q "Fix login"'],
    load: async () => ({ run: (await import("./quick.ts")).create }),
  },
  {
    name: "todo",
    summary: "your own tasks",
    flags: [{ name: "all", summary: "closed ones too" }],
    examples: ["bd todo", 'bd todo add "Answer Kim"', "bd todo done gt-abc12"],
    load: async () => ({ run: (await import("./quick.ts")).todoList }),
    subcommands: [
      {
        name: "add",
        summary: "a task for yourself",
        args: [{ name: "title", optional: true, many: true }],
        flags: [
          { name: "priority", short: "p", value: "level", summary: "0-4 (default 2)" },
          { name: "description", short: "d", value: "text", summary: "description" },
        ],
        examples: ['bd todo add "Answer Kim" -p 1'],
        load: async () => ({ run: (await import("./quick.ts")).todoAdd }),
      },
      {
        name: "list",
        summary: "your tasks",
        flags: [{ name: "all", summary: "closed ones too" }],
        examples: ["bd todo list --all"],
        load: async () => ({ run: (await import("./quick.ts")).todoList }),
      },
      {
        name: "done",
        summary: "close tasks",
        args: ids,
        flags: [reason],
        examples: ["bd todo done gt-abc12"],
        load: async () => ({ run: (await import("./quick.ts")).todoDone }),
      },
    ],
  },
  {
    name: "delete",
    summary: "delete beads",
    description:
      "Without --force or --cascade it only shows what would go. Mentions in directly connected beads become [deleted:<id>].",
    args: [{ name: "id", optional: true, many: true }],
    flags: [
      force,
      { name: "cascade", summary: "with everything that depends on them" },
      dryRun,
      { name: "from-file", value: "file", summary: "ids from a file" },
      { name: "reason", value: "text", summary: "why" },
      { name: "hard", hidden: true, summary: "no effect" },
    ],
    examples: ["bd delete gt-abc12", "bd delete gt-abc12 --force"],
    load: () => import("./delete.ts"),
  },
  {
    name: "defer",
    summary: "put beads on ice",
    args: ids,
    flags: [{ name: "until", value: "time", summary: "wake up then" }],
    examples: ["bd defer gt-abc12 --until tomorrow"],
    load: shorthand("defer"),
  },
  {
    name: "undefer",
    summary: "take beads off the ice",
    args: ids,
    examples: ["bd undefer gt-abc12"],
    load: shorthand("undefer"),
  },
  {
    name: "pin",
    summary: "keep beads open as context",
    args: ids,
    examples: ["bd pin gt-abc12"],
    load: shorthand("pin"),
  },
  {
    name: "unpin",
    summary: "undo a pin",
    args: ids,
    examples: ["bd unpin gt-abc12"],
    load: shorthand("unpin"),
  },
  {
    name: "assign",
    summary: "say who works on a bead",
    args: [...oneId, { name: "who" }],
    examples: ["bd assign gt-abc12 web/crew/sam"],
    load: shorthand("assign"),
  },
  {
    name: "priority",
    summary: "set the priority of a bead",
    args: [...oneId, { name: "level" }],
    examples: ["bd priority gt-abc12 1"],
    load: shorthand("priority"),
  },
  {
    name: "tag",
    summary: "add a label to a bead",
    args: [...oneId, { name: "label" }],
    examples: ["bd tag gt-abc12 backend"],
    load: shorthand("tag"),
  },
  {
    name: "note",
    summary: "add text to the notes of a bead",
    args: [...oneId, { name: "text", optional: true, many: true }],
    flags: [{ name: "stdin", summary: "text from stdin" }],
    examples: ['bd note gt-abc12 "fails only on Node 22"'],
    load: shorthand("note"),
  },
  {
    name: "link",
    summary: "the same as dep add",
    args: [
      { name: "id", optional: true },
      { name: "depends-on", optional: true },
    ],
    flags: [{ name: "type", short: "t", value: "type", summary: "type of the edge (default blocks)" }],
    examples: ["bd link gt-b gt-a"],
    load: () => import("./dep-add.ts"),
  },
  {
    name: "relate",
    summary: "link two beads in both directions",
    args: [...oneId, { name: "other" }],
    examples: ["bd relate gt-a gt-b"],
    load: async () => ({ run: (await import("./relate.ts")).relate }),
  },
  {
    name: "unrelate",
    summary: "undo relate",
    args: [...oneId, { name: "other" }],
    examples: ["bd unrelate gt-a gt-b"],
    load: async () => ({ run: (await import("./relate.ts")).unrelate }),
  },
  {
    name: "comment",
    summary: "comment on a bead",
    args: commentArgs,
    flags: commentFlags,
    examples: ['bd comment gt-abc12 "Verified on main."'],
    load: async () => ({ run: (await import("./comment.ts")).add }),
  },
  {
    name: "comments",
    summary: "the comments of a bead",
    args: oneId,
    examples: ["bd comments gt-abc12"],
    load: async () => ({ run: (await import("./comment.ts")).list }),
    subcommands: [
      {
        name: "add",
        summary: "comment on a bead",
        args: commentArgs,
        flags: commentFlags,
        examples: ['bd comments add gt-abc12 "Verified on main."'],
        load: async () => ({ run: (await import("./comment.ts")).add }),
      },
    ],
  },
  {
    name: "label",
    summary: "labels of beads",
    args: ids,
    flags: [
      { name: "add", value: "labels", list: true, summary: "add labels" },
      { name: "remove", value: "labels", list: true, summary: "remove labels" },
    ],
    examples: ["bd label add gt-abc12 backend", "bd label gt-abc12 --add backend --remove frontend"],
    load: label("edit"),
    subcommands: [
      {
        name: "add",
        summary: "add a label",
        args: ids,
        examples: ["bd label add gt-a gt-b backend"],
        load: label("add"),
      },
      {
        name: "remove",
        summary: "remove a label",
        args: ids,
        examples: ["bd label remove gt-a backend"],
        load: label("remove"),
      },
      {
        name: "list",
        summary: "labels of a bead",
        args: oneId,
        examples: ["bd label list gt-a"],
        load: label("list"),
      },
      {
        name: "list-all",
        summary: "all labels with their counts",
        examples: ["bd label list-all"],
        load: label("listAll"),
      },
      {
        name: "propagate",
        summary: "a label for all children of a bead",
        args: [{ name: "parent" }, { name: "label" }],
        examples: ["bd label propagate gt-a backend"],
        load: label("propagate"),
      },
    ],
  },
  {
    name: "epic",
    summary: "epics and their children",
    subcommands: [
      {
        name: "status",
        summary: "how far open epics are",
        flags: [{ name: "eligible-only", summary: "only those that can be closed" }],
        examples: ["bd epic status"],
        load: async () => ({ run: (await import("./epic.ts")).status }),
      },
      {
        name: "close-eligible",
        summary: "close epics whose children are all closed",
        flags: [dryRun],
        examples: ["bd epic close-eligible"],
        load: async () => ({ run: (await import("./epic.ts")).closeEligible }),
      },
    ],
  },
  {
    name: "duplicate",
    summary: "close a bead as a duplicate of another",
    args: oneId,
    flags: [{ name: "of", value: "id", summary: "the one to keep" }],
    examples: ["bd duplicate gt-b --of gt-a"],
    load: async () => ({ run: (await import("./replace.ts")).duplicate }),
  },
  {
    name: "supersede",
    summary: "close a bead because another takes its place",
    args: oneId,
    flags: [{ name: "with", value: "id", summary: "the replacement" }],
    examples: ["bd supersede gt-a --with gt-b"],
    load: async () => ({ run: (await import("./replace.ts")).supersede }),
  },
  {
    name: "duplicates",
    summary: "find beads with the same texts",
    flags: [{ name: "auto-merge", summary: "merge them" }, dryRun],
    examples: ["bd duplicates", "bd duplicates --auto-merge"],
    load: () => import("./duplicates.ts"),
  },
  {
    name: "state",
    summary: "the value of a state dimension of a bead",
    args: [...oneId, { name: "dimension", optional: true }],
    examples: ["bd state gt-abc12 patrol", "bd state list gt-abc12"],
    load: async () => ({ run: (await import("./state.ts")).get }),
    subcommands: [
      {
        name: "list",
        summary: "all states of a bead",
        args: oneId,
        examples: ["bd state list gt-abc12"],
        load: async () => ({ run: (await import("./state.ts")).list }),
      },
    ],
  },
  {
    name: "set-state",
    summary: "set a state dimension of a bead",
    args: [...oneId, { name: "dimension=value" }],
    flags: [reason],
    examples: ["bd set-state gt-abc12 patrol=muted --reason 'maintenance'"],
    load: async () => ({ run: (await import("./state.ts")).set }),
  },
  {
    name: "promote",
    summary: "make wisps durable under the same id",
    args: ids,
    flags: [reason],
    examples: ["bd promote gt-wisp-0qv81"],
    load: async () => ({ run: (await import("./clear-out.ts")).promote }),
  },
  {
    name: "purge",
    summary: "delete closed wisps",
    flags: [
      force,
      dryRun,
      { name: "older-than", value: "age", summary: "closed longer ago than this" },
      { name: "pattern", value: "glob", summary: "only ids or titles that match" },
    ],
    examples: ["bd purge", "bd purge --force"],
    load: async () => ({ run: (await import("./clear-out.ts")).purge }),
  },
  {
    name: "prune",
    summary: "delete closed durable beads",
    flags: [
      force,
      dryRun,
      { name: "older-than", value: "age", summary: "closed longer ago than this" },
      { name: "pattern", value: "glob", summary: "only ids or titles that match" },
    ],
    examples: ["bd prune --older-than 90d"],
    load: async () => ({ run: (await import("./clear-out.ts")).prune }),
  },
  {
    name: "gc",
    summary: "delete beads closed long ago",
    flags: [
      force,
      dryRun,
      { name: "older-than", value: "age", summary: "closed longer ago than this (default 90d)" },
    ],
    examples: ["bd gc --older-than 180"],
    load: async () => ({ run: (await import("./clear-out.ts")).collect }),
  },
  {
    name: "batch",
    summary: "lines of changes in one transaction",
    description:
      "Reads close ID [reason], update ID k=v.., create TYPE PRIORITY TITLE, dep add|remove A B [TYPE] from a file or stdin; # begins a comment.",
    flags: [{ name: "file", short: "f", value: "file", summary: "file (default stdin)" }, dryRun],
    examples: ["bd batch -f changes.txt"],
    load: () => import("./batch.ts"),
  },
];
