import type { CommandSpec, FlagSpec } from "../command.ts";

const force: FlagSpec = { name: "force", short: "f", summary: "also replaces unfinished work" };
const dryRun: FlagSpec = { name: "dry-run", short: "n", summary: "say what would happen" };
const note: readonly FlagSpec[] = [
  { name: "subject", short: "s", value: "text", summary: "subject of a handoff mail to the agent" },
  { name: "message", short: "m", value: "text", summary: "text of that mail" },
];

export const hookCommands: readonly CommandSpec[] = [
  {
    name: "hook",
    aliases: ["work"],
    group: "work",
    summary: "what is on a hook, and putting it there",
    description:
      "Without words: the caller's hook in full. With a bead: hooks it without starting anything; polecats get their work by gt sling.",
    args: [
      { name: "bead", optional: true },
      { name: "agent", optional: true },
    ],
    flags: [force, dryRun, ...note],
    examples: ["gt hook", "gt hook status web/nux", "gt hook web-a1b2c web/crew/sam"],
    seeAlso: ["gt sling", "gt unsling", "gt prime"],
    load: () => import("./hook-status.ts"),
    subcommands: [
      {
        name: "status",
        summary: "the hook in full: bead, branch, changes, snapshot",
        args: [{ name: "agent", optional: true }],
        load: () => import("./hook-status.ts"),
      },
      {
        name: "show",
        summary: "the hook in one line",
        args: [{ name: "agent", optional: true }],
        load: () => import("./hook-show.ts"),
      },
      {
        name: "attach",
        summary: "hook a bead without starting anything",
        args: [{ name: "bead" }, { name: "agent", optional: true }],
        flags: [force, dryRun, ...note],
        examples: ['gt hook attach web-a1b2c web/crew/sam -s "the parser" -m "the tests come first"'],
        load: () => import("./hook-attach.ts"),
      },
      {
        name: "detach",
        summary: "take a bead off a hook",
        args: [{ name: "bead" }, { name: "agent", optional: true }],
        flags: [force, dryRun],
        load: () => import("./unsling.ts"),
      },
      {
        name: "clear",
        summary: "empty a hook",
        args: [
          { name: "bead", optional: true },
          { name: "agent", optional: true },
        ],
        flags: [force, dryRun],
        load: () => import("./unsling.ts"),
      },
      {
        name: "suspend",
        summary: "stop work, keep bead and worktree",
        args: [{ name: "agent", optional: true }],
        flags: [{ name: "reason", short: "r", value: "text", summary: "why" }],
        load: () => import("./hook-suspend.ts"),
      },
      {
        name: "resume",
        summary: "let suspended or stuck work go on",
        args: [{ name: "agent", optional: true }],
        load: () => import("./hook-suspend.ts"),
      },
      {
        name: "snapshots",
        summary: "kept states of a sandbox, newest first",
        args: [{ name: "agent", optional: true }],
        flags: [
          { name: "all", short: "a", summary: "more than the newest twenty" },
          { name: "bead", value: "id", summary: "only of this bead" },
        ],
        load: () => import("./hook-snapshots.ts"),
      },
      {
        name: "snapshot",
        summary: "keep the state of a sandbox now",
        args: [{ name: "agent", optional: true }],
        flags: [{ name: "message", short: "m", value: "text", summary: "why, shown in the list" }],
        load: () => import("./hook-snapshot.ts"),
      },
      {
        name: "diff",
        summary: "what changed since a snapshot, or between two",
        args: [{ name: "agent and numbers", many: true }],
        flags: [{ name: "stat", summary: "only file names and counts" }],
        load: () => import("./hook-diff.ts"),
      },
      {
        name: "rollback",
        summary: "restore a snapshot; the present state is kept first",
        args: [{ name: "agent and number", many: true }],
        flags: [
          { name: "files", value: "path", many: true, summary: "only these files" },
          { name: "to-branch", value: "name", summary: "make a branch of it instead" },
          { name: "force", short: "f", summary: "suspend a running session and resume it afterwards" },
          dryRun,
        ],
        load: () => import("./hook-rollback.ts"),
      },
      {
        name: "prune",
        summary: "drop snapshots past their time",
        args: [{ name: "agent", optional: true }],
        flags: [{ name: "older-than", value: "duration", summary: "only those" }, dryRun],
        load: () => import("./hook-prune.ts"),
      },
    ],
  },
];
