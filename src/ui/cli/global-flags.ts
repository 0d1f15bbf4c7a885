import type { FlagSpec } from "./command.ts";

/** Accepted by every command of both programs (spec/07 §1.2). */
export const sharedFlags: readonly FlagSpec[] = [
  { name: "json", summary: "machine output: one JSON document on stdout" },
  { name: "plain", summary: "no colour, no cursor movement, stable columns" },
  { name: "color", value: "when", choices: ["auto", "always", "never"], default: "auto", summary: "colour" },
  { name: "no-color", summary: "the same as --color never" },
  { name: "yes", summary: "answer yes to confirmations" },
  { name: "town", value: "path", summary: "use this town" },
  { name: "no-daemon", summary: "do not start daemon or host as a side effect" },
  { name: "as", value: "address", summary: "act as; refused inside an agent session" },
  { name: "help", short: "h", summary: "help" },
  { name: "version", short: "V", summary: "version" },
];

export const gtFlags: readonly FlagSpec[] = [
  ...sharedFlags,
  { name: "quiet", summary: "only errors and the essential result" },
  { name: "verbose", summary: "more detail" },
];

/** Spec/01 §10.1; the hidden ones are accepted without effect so that old scripts run. */
export const bdFlags: readonly FlagSpec[] = [
  ...sharedFlags,
  { name: "quiet", short: "q", summary: "only errors and the essential result" },
  { name: "verbose", short: "v", summary: "more detail" },
  { name: "actor", value: "name", summary: "who writes" },
  { name: "db", value: "path", summary: "use this database file" },
  { name: "directory", short: "C", value: "dir", summary: "work in this directory" },
  { name: "rig", value: "rig", summary: "scope: this rig" },
  { name: "scope", value: "scope", summary: "scope: all, town or a rig" },
  { name: "readonly", summary: "refuse to write" },
  { name: "ignore-schema-skew", summary: "write to a database of a newer version" },
  { name: "allow-stale", hidden: true, summary: "no effect" },
  { name: "sandbox", hidden: true, summary: "no effect" },
  { name: "no-pager", hidden: true, summary: "no effect" },
  { name: "flat", hidden: true, summary: "no effect" },
];
