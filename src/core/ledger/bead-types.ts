/** Built-in types with what they are for (spec/01 §2.4). */
export const builtInTypes: ReadonlyMap<string, string> = new Map([
  ["task", "a piece of work"],
  ["bug", "something that works wrong"],
  ["feature", "something new"],
  ["chore", "upkeep that nobody sees"],
  ["epic", "work of several beads"],
  ["decision", "a choice and its reasons"],
  ["spike", "a question to be answered"],
  ["story", "a wish of a user"],
  ["milestone", "a point in time to reach"],
  ["molecule", "a running workflow"],
  ["gate", "a condition to wait for"],
  ["convoy", "a group of work that lands together"],
  ["merge-request", "a branch in the merge queue"],
  ["slot", "a place that one holder uses at a time"],
  ["digest", "a summary of finished work"],
  ["message", "mail"],
  ["escalation", "a call for attention"],
  ["queue", "a mail queue"],
  ["channel", "a mail channel"],
  ["group", "a group of addresses"],
  ["agent", "an agent's identity"],
  ["role", "a role definition"],
  ["rig", "a project's identity"],
  ["event", "something that happened"],
]);

/** Types that are never ready unless asked for by name. */
export const neverReadyTypes: readonly string[] = [
  "merge-request",
  "gate",
  "molecule",
  "message",
  "agent",
  "role",
  "rig",
  "slot",
  "convoy",
  "escalation",
  "queue",
  "channel",
  "group",
  "event",
  "digest",
];

/** Types hidden from a default listing (config `types.infra` replaces all but `gate`). */
export const infrastructureTypes: readonly string[] = ["agent", "role", "rig", "message", "gate"];

/** Types that also carry the label `gt:<type>`, by which the reference knows them. */
export const labelledTypes: ReadonlySet<string> = new Set([
  "agent",
  "role",
  "rig",
  "convoy",
  "merge-request",
  "message",
  "escalation",
  "queue",
  "channel",
  "group",
  "slot",
]);

/** Types that always belong to the town (spec/01 §8.2). */
export const townTypes: ReadonlySet<string> = new Set([
  "message",
  "convoy",
  "role",
  "queue",
  "channel",
  "group",
  "escalation",
]);

const aliases: Readonly<Record<string, string>> = {
  enhancement: "feature",
  feat: "feature",
  dec: "decision",
  adr: "decision",
  investigation: "spike",
  timebox: "spike",
  "user-story": "story",
  user_story: "story",
  ms: "milestone",
  mr: "merge-request",
  mol: "molecule",
};

/** The type meant by what a person typed. */
export function canonicalType(input: string): string {
  const lower = input.trim().toLowerCase();
  return (Object.hasOwn(aliases, lower) ? aliases[lower] : undefined) ?? lower;
}

/** The type that a `gt:` label stands for on import; undefined for other labels. */
export function typeOfLabel(label: string): string | undefined {
  if (label === "gt:merge-slot") return "slot";
  const type = label.startsWith("gt:") ? label.slice(3) : "";
  return labelledTypes.has(type) ? type : undefined;
}
