import type { ArgumentSpec, CommandSpec, FlagSpec } from "../command.ts";

const step: ArgumentSpec = { name: "step", optional: true };
const agent: ArgumentSpec = { name: "agent", optional: true };
const force: FlagSpec = { name: "force", short: "f", summary: "also what is blocked, or somebody else's" };
const reason: FlagSpec = { name: "reason", short: "r", value: "text", summary: "why" };

const steps: readonly CommandSpec[] = [
  {
    name: "done",
    summary: "close a step and take the next one",
    args: [step],
    flags: [
      { name: "dry-run", short: "n", summary: "say what would happen" },
      { name: "no-auto", summary: "show the next step without taking it" },
      { name: "respawn", summary: "go on in a fresh session" },
      { name: "done", summary: "after the last step run gt done" },
      { name: "output", value: "json", summary: "what the step found, for later steps" },
      { name: "output-file", value: "file", summary: "the same from a file" },
      force,
    ],
    examples: ["gt mol step done", "gt mol step done implement"],
    load: async () => ({ run: (await import("./mol-step.ts")).done }),
  },
  {
    name: "start",
    summary: "begin a step",
    args: [step],
    flags: [force],
    examples: ["gt mol step start implement"],
    load: async () => ({ run: (await import("./mol-step.ts")).change }),
  },
  {
    name: "skip",
    summary: "close a step that is not needed",
    args: [step],
    flags: [reason, force],
    examples: ['gt mol step skip test --reason "docs only"'],
    load: async () => ({ run: (await import("./mol-step.ts")).change }),
  },
  {
    name: "fail",
    summary: "say that a step cannot be done",
    args: [step],
    flags: [reason, { name: "close", summary: "what needs it goes on all the same" }, force],
    examples: ['gt mol step fail build --reason "no compiler"'],
    load: async () => ({ run: (await import("./mol-step.ts")).change }),
  },
  {
    name: "show",
    summary: "the full text of a step",
    args: [step],
    examples: ["gt mol step show"],
    load: async () => ({ run: (await import("./mol-step.ts")).show }),
  },
  {
    name: "reopen",
    summary: "take a closed step back, when nothing after it has begun",
    args: [step],
    examples: ["gt mol step reopen review"],
    load: async () => ({ run: (await import("./mol-step.ts")).change }),
  },
];

export const moleculeCommands: readonly CommandSpec[] = [
  {
    name: "mol",
    aliases: ["molecule"],
    group: "work",
    summary: "the workflow by which you work",
    subcommands: [
      {
        name: "status",
        summary: "the hook in full: bead, workflow, branch, changes",
        args: [agent],
        examples: ["gt mol status"],
        load: () => import("./hook-status.ts"),
      },
      {
        name: "current",
        summary: "which step it is",
        args: [agent],
        examples: ["gt mol current"],
        load: async () => ({ run: (await import("./mol-look.ts")).current }),
      },
      {
        name: "progress",
        summary: "how far it is, in numbers",
        args: [{ name: "mol", optional: true }],
        examples: ["gt mol progress"],
        load: async () => ({ run: (await import("./mol-look.ts")).progress }),
      },
      {
        name: "dag",
        summary: "what comes after what, and the longest chain",
        args: [{ name: "mol", optional: true }],
        flags: [
          { name: "tree", summary: "indented (the default)" },
          { name: "tiers", summary: "by waves" },
        ],
        examples: ["gt mol dag gt-mol-k3v9q --tiers"],
        load: async () => ({ run: (await import("./mol-look.ts")).dag }),
      },
      { name: "step", summary: "one step of the workflow", subcommands: steps },
      {
        name: "run",
        summary: "run the script steps that are ready, until somebody is needed",
        description: "Exit 0: complete. 1: a step failed. 3: a step needs an agent. 4: only gates are left.",
        args: [{ name: "mol", optional: true }],
        flags: [
          { name: "step", value: "step", summary: "only this one" },
          { name: "max-steps", value: "n", summary: "at most so many" },
          { name: "dry-run", short: "n", summary: "say which step would run" },
        ],
        examples: ["gt mol run", "gt mol run gt-mol-k3v9q --max-steps 3"],
        load: () => import("./mol-run.ts"),
      },
      {
        name: "attach",
        summary: "have a hooked bead follow a molecule",
        args: [{ name: "bead or molecule" }, { name: "molecule or formula", optional: true }],
        flags: [
          { name: "var", value: "name=value", many: true, summary: "a variable of the formula" },
          { name: "replace", summary: "what is attached gives way" },
        ],
        examples: ["gt mol attach shiny", "gt mol attach web-a1b2c gt-mol-k3v9q"],
        load: async () => ({ run: (await import("./mol-attach.ts")).attach }),
      },
      {
        name: "detach",
        summary: "go on without the molecule; it stays",
        args: [{ name: "bead", optional: true }],
        examples: ["gt mol detach"],
        load: async () => ({ run: (await import("./mol-attach.ts")).detach }),
      },
      {
        name: "attachment",
        summary: "what a dispatch wrote on a bead",
        args: [{ name: "bead", optional: true }],
        examples: ["gt mol attachment web-a1b2c"],
        load: async () => ({ run: (await import("./mol-attach.ts")).attachment }),
      },
      {
        name: "attach-from-mail",
        summary: "attach the molecule that a message names",
        args: [{ name: "mail" }],
        examples: ["gt mol attach-from-mail hq-m-k3v9q"],
        load: async () => ({ run: (await import("./mol-attach.ts")).attachFromMail }),
      },
      {
        name: "squash",
        summary: "keep one digest instead of the steps",
        args: [{ name: "agent or mol", optional: true }],
        flags: [
          { name: "summary", value: "text", summary: "text of the digest" },
          { name: "no-digest", summary: "keep nothing, as for the rounds of a patrol" },
          { name: "jitter", value: "duration", summary: "wait a random time up to that first" },
        ],
        examples: ['gt mol squash --summary "all green"'],
        load: async () => ({ run: (await import("./mol-end.ts")).squash }),
      },
      {
        name: "burn",
        summary: "remove the molecule; the bead stays on its hook",
        args: [{ name: "agent or mol", optional: true }],
        flags: [{ name: "force", short: "f", summary: "do not ask" }],
        examples: ["gt mol burn"],
        load: async () => ({ run: (await import("./mol-end.ts")).burn }),
      },
    ],
  },
];
