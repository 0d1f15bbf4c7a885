import type { FlagSpec } from "../command.ts";

const dateFlags = ["created", "updated", "started", "closed", "due", "defer"].flatMap((field): FlagSpec[] => [
  { name: `${field}-after`, value: "time", summary: `${field} after this time` },
  { name: `${field}-before`, value: "time", summary: `${field} before this time` },
]);

export const labelFlags: readonly FlagSpec[] = [
  {
    name: "label",
    short: "l",
    aliases: ["tag", "labels"],
    value: "labels",
    list: true,
    summary: "all of these labels",
  },
  { name: "label-any", value: "labels", list: true, summary: "any of these labels" },
  { name: "exclude-label", value: "labels", list: true, summary: "none of these labels" },
  { name: "no-labels", summary: "without labels" },
  { name: "label-pattern", value: "glob", summary: "a label that matches, e.g. area:*" },
  { name: "label-regex", value: "regex", summary: "a label that matches a regular expression" },
];

/** Filters of `list` and of the commands that list like it (spec/01 §10.3). */
export const listFilterFlags: readonly FlagSpec[] = [
  {
    name: "status",
    short: "s",
    aliases: ["state"],
    value: "statuses",
    list: true,
    summary: "these statuses, or all",
  },
  { name: "all", summary: "everything, unlimited" },
  { name: "ready", summary: "only what is ready" },
  { name: "pinned", summary: "only pinned ones" },
  { name: "no-pinned", summary: "no pinned ones" },
  { name: "deferred", summary: "only deferred ones" },
  { name: "overdue", summary: "due date is over" },
  { name: "assignee", short: "a", value: "who", summary: "assignee; * matches anything" },
  { name: "no-assignee", summary: "without assignee" },
  { name: "owner", value: "who", summary: "owner" },
  { name: "created-by", value: "who", summary: "creator" },
  { name: "type", short: "t", value: "types", list: true, summary: "these types" },
  { name: "exclude-type", value: "types", list: true, summary: "not these types" },
  { name: "priority", short: "p", value: "level", summary: "this priority" },
  { name: "priority-min", value: "level", summary: "this priority or a less urgent one" },
  { name: "priority-max", value: "level", summary: "this priority or a more urgent one" },
  { name: "id", value: "ids", list: true, summary: "these ids" },
  { name: "spec", value: "prefix", summary: "specification that begins so" },
  { name: "parent", aliases: ["filter-parent"], value: "id", summary: "children of this bead" },
  { name: "no-parent", summary: "only beads without parent" },
  { name: "mol-type", value: "type", summary: "kind of molecule" },
  { name: "wisp-type", value: "type", summary: "kind of wisp" },
  { name: "target", value: "id", summary: "target of event beads" },
  ...labelFlags,
  { name: "title", aliases: ["title-contains"], value: "text", summary: "title contains" },
  { name: "desc-contains", value: "text", summary: "description contains" },
  { name: "notes-contains", value: "text", summary: "notes contain" },
  { name: "empty-description", summary: "without description" },
  { name: "metadata-field", value: "key=value", many: true, summary: "metadata has this value" },
  { name: "has-metadata-key", value: "key", summary: "metadata has this key" },
  ...dateFlags,
  { name: "include-infra", summary: "agents, roles, rigs and messages too" },
  { name: "include-gates", summary: "gates too" },
  { name: "include-templates", summary: "templates too" },
  { name: "include-ephemeral", summary: "wisps too" },
];

export const listShapeFlags: readonly FlagSpec[] = [
  { name: "limit", short: "n", value: "count", summary: "at most this many, 0 for all (default 50)" },
  {
    name: "sort",
    value: "key",
    choices: ["priority", "created", "updated", "closed", "status", "id", "title", "type", "assignee"],
    summary: "order",
  },
  { name: "reverse", short: "r", summary: "the other way round" },
  { name: "long", summary: "more detail" },
  { name: "flat", summary: "no tree" },
  { name: "tree", summary: "tree by parent", default: "true" },
  { name: "format", value: "format", choices: ["json", "dot", "digraph"], summary: "other output" },
  { name: "watch", short: "w", summary: "print again on every change" },
];
