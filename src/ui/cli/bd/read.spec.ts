import type { CommandSpec } from "../command.ts";
import { labelFlags, listFilterFlags, listShapeFlags } from "./list-flags.ts";

/** Commands that only read (spec/01 §10.3). */
export const readCommands: readonly CommandSpec[] = [
  {
    name: "show",
    aliases: ["view"],
    summary: "everything about one or more beads",
    args: [{ name: "id", optional: true, many: true }],
    flags: [
      { name: "short", summary: "one line each" },
      { name: "long", summary: "with comments and dependents in JSON" },
      { name: "children", summary: "the beads below" },
      { name: "refs", summary: "the beads that refer to it" },
      { name: "thread", summary: "the replies to it" },
      { name: "current", summary: "what you are working on" },
      { name: "include-dependents", summary: "dependents in JSON" },
      { name: "include-comments", summary: "comments in JSON" },
      { name: "id", value: "id", many: true, summary: "an id that looks like a flag" },
      { name: "local-time", summary: "dates in local time" },
      { name: "watch", short: "w", summary: "print again on every change" },
    ],
    examples: ["bd show gt-abc12", "bd show gt-abc12 --json", "bd show --current"],
    load: () => import("./show.ts"),
  },
  {
    name: "list",
    summary: "beads that match filters",
    description:
      "Lists beads that are neither closed nor pinned, without agents, gates, templates and wisps, as a tree by parent. Filters add up.",
    args: [{ name: "word", optional: true, many: true }],
    flags: [...listFilterFlags, ...listShapeFlags],
    examples: ["bd list", "bd list --status open,hooked -t bug -p 1 --flat", "bd list --all --json"],
    seeAlso: ["bd ready", "bd search"],
    load: () => import("./list.ts"),
  },
  {
    name: "ready",
    summary: "work that can be started now",
    description:
      "Open beads that nothing holds back: no active blockers, not deferred, not of a type that is never work.",
    flags: [
      { name: "limit", short: "n", value: "count", summary: "at most this many, 0 for all (default 100)" },
      { name: "priority", short: "p", value: "level", summary: "this priority" },
      { name: "assignee", short: "a", value: "who", summary: "assignee" },
      { name: "unassigned", short: "u", summary: "nobody has it" },
      { name: "type", short: "t", value: "types", list: true, summary: "these types" },
      { name: "exclude-type", value: "types", list: true, summary: "not these types" },
      ...labelFlags,
      { name: "parent", value: "id", summary: "below this bead" },
      { name: "mol", value: "id", summary: "steps of this molecule" },
      { name: "mol-type", value: "type", summary: "kind of molecule" },
      { name: "metadata-field", value: "key=value", many: true, summary: "metadata has this value" },
      { name: "has-metadata-key", value: "key", summary: "metadata has this key" },
      { name: "include-deferred", summary: "deferred ones too" },
      { name: "include-ephemeral", summary: "wisps too" },
      {
        name: "sort",
        short: "s",
        value: "policy",
        choices: ["priority", "oldest", "hybrid"],
        summary: "order",
      },
      { name: "explain", summary: "why beads are ready or blocked" },
      { name: "claim", summary: "take the first one" },
    ],
    examples: ["bd ready", "bd ready --claim --json", "bd ready --explain"],
    seeAlso: ["bd blocked", "bd update --claim"],
    load: () => import("./ready.ts"),
  },
  {
    name: "blocked",
    summary: "work that something holds back, and what",
    flags: [...listFilterFlags, { name: "limit", short: "n", value: "count", summary: "at most this many" }],
    examples: ["bd blocked", "bd blocked --parent gt-abc12"],
    load: () => import("./blocked.ts"),
  },
];
