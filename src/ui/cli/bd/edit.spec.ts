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

function gate(
  name: "create" | "list" | "show" | "resolve" | "wait" | "retry" | "addWaiter",
): () => Promise<{ readonly run: CommandRun }> {
  return async () => ({ run: (await import("./gate.ts"))[name] });
}

function slot(name: "create" | "check" | "acquire" | "release"): () => Promise<{ readonly run: CommandRun }> {
  return async () => ({ run: (await import("./merge-slot.ts"))[name] });
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
    name: "gate",
    summary: "beads that wait for a condition",
    subcommands: [
      {
        name: "create",
        summary: "block a bead until a condition holds",
        flags: [
          { name: "blocks", value: "id", summary: "the bead that waits" },
          { name: "type", value: "type", summary: "human, timer, gh:run, gh:pr, bead, mail, condition" },
          { name: "await-id", value: "id", summary: "what it waits for" },
          { name: "timeout", value: "duration", summary: "how long" },
          reason,
        ],
        examples: ["bd gate create --blocks gt-abc12 -r 'needs a decision'"],
        load: gate("create"),
      },
      {
        name: "list",
        summary: "open gates",
        flags: [
          { name: "all", short: "a", summary: "resolved ones too" },
          { name: "limit", short: "n", value: "count", summary: "at most this many (default 50)" },
        ],
        examples: ["bd gate list"],
        load: gate("list"),
      },
      {
        name: "show",
        summary: "one gate",
        args: oneId,
        examples: ["bd gate show gt-abc12"],
        load: gate("show"),
      },
      {
        name: "resolve",
        summary: "open a gate",
        args: oneId,
        flags: [reason],
        examples: ["bd gate resolve gt-abc12 -r approved"],
        load: gate("resolve"),
      },
      {
        name: "check",
        summary: "open the gates whose condition holds",
        flags: [
          { name: "type", value: "type", summary: "gh, gh:run, gh:pr, timer, bead, mail (default all)" },
          dryRun,
          { name: "escalate", short: "e", summary: "escalate failed ones" },
          { name: "limit", short: "l", value: "count", summary: "at most this many (default 100)" },
        ],
        examples: ["bd gate check"],
        load: async () => ({ run: (await import("./gate-check.ts")).check }),
      },
      {
        name: "discover",
        summary: "find the workflow runs that gates wait for",
        flags: [
          { name: "dry-run", short: "n", summary: "only show what would be found" },
          { name: "branch", short: "b", value: "branch", summary: "runs of this branch" },
          { name: "limit", short: "l", value: "count", summary: "look at so many runs (default 10)" },
          {
            name: "max-age",
            short: "a",
            value: "duration",
            summary: "begun at most so long ago (default 30m)",
          },
        ],
        examples: ["bd gate discover", "bd gate discover --branch main --dry-run"],
        load: async () => ({ run: (await import("./gate-check.ts")).discover }),
      },
      {
        name: "wait",
        summary: "wait until a gate is resolved",
        args: oneId,
        flags: [{ name: "timeout", value: "duration", summary: "at most this long" }],
        examples: ["bd gate wait gt-abc12 --timeout 10m"],
        load: gate("wait"),
      },
      {
        name: "retry",
        summary: "arm a gate anew",
        args: oneId,
        examples: ["bd gate retry gt-abc12"],
        load: gate("retry"),
      },
      {
        name: "add-waiter",
        summary: "wake this address when the gate opens",
        args: [...oneId, { name: "address" }],
        examples: ["bd gate add-waiter gt-abc12 mayor/"],
        load: gate("addWaiter"),
      },
    ],
  },
  {
    name: "merge-slot",
    summary: "the place that one holder uses at a time",
    subcommands: [
      { name: "create", summary: "make it", examples: ["bd merge-slot create"], load: slot("create") },
      { name: "check", summary: "who holds it", examples: ["bd merge-slot check"], load: slot("check") },
      {
        name: "acquire",
        summary: "take it; exit 1 when somebody has it",
        flags: [
          { name: "holder", value: "who", summary: "for whom" },
          { name: "wait", summary: "queue for it" },
        ],
        examples: ["bd merge-slot acquire --wait"],
        load: slot("acquire"),
      },
      {
        name: "release",
        summary: "give it back",
        flags: [{ name: "holder", value: "who", summary: "for whom" }],
        examples: ["bd merge-slot release"],
        load: slot("release"),
      },
    ],
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
