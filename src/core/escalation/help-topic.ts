import type { Severity, Tier } from "./escalation.ts";

export interface HelpClass {
  readonly category: "emergency" | "failed" | "blocked" | "decision" | "lifecycle" | "help";
  readonly severity: Severity;
  /** Who can help: the Deacon in code can not, and passes it on to the Mayor. */
  readonly tier: Tier;
}

const classes: readonly (HelpClass & { readonly words: readonly string[] })[] = [
  {
    ...{ category: "emergency", severity: "critical", tier: "overseer" },
    words: [
      ...["security", "vulnerability", "breach", "unauthorized", "credential", "exposed secret"],
      ...["data corruption", "data loss", "system down"],
    ],
  },
  {
    ...{ category: "failed", severity: "high", tier: "deacon" },
    words: [
      ...["crash", "panic", "fatal", "segfault", "oom", "out of memory", "disk full"],
      ...["connection refused", "database error", "server unreachable"],
    ],
  },
  {
    ...{ category: "blocked", severity: "high", tier: "mayor" },
    words: [
      ...["blocked", "waiting on", "depends on", "conflict", "deadlock", "stuck"],
      ...["cannot proceed", "can't proceed"],
    ],
  },
  {
    ...{ category: "decision", severity: "medium", tier: "deacon" },
    words: [
      ...["which approach", "decision", "ambiguous", "unclear", "multiple options", "design choice"],
      ...["architecture", "how should", "which way"],
    ],
  },
  {
    ...{ category: "lifecycle", severity: "medium", tier: "deacon" },
    words: ["session", "respawn", "restart", "zombie", "hung", "timeout", "idle", "no progress"],
  },
];

/** What kind of help somebody asks for, by the first words that match (spec/04 §9.4). Pure. */
export function classifyHelp(topic: string, problem: string): HelpClass {
  const text = `${topic}\n${problem}`.toLowerCase();
  const found = classes.find(({ words }) => words.some((word) => hasWord(text, word)));
  if (found === undefined) return { category: "help", severity: "medium", tier: "deacon" };
  return { category: found.category, severity: found.severity, tier: found.tier };
}

/** Short words such as `oom` must stand alone: a room is no emergency. */
function hasWord(text: string, word: string): boolean {
  if (word.length > 4) return text.includes(word);
  return new RegExp(`(?:^|[^a-z])${word}(?:[^a-z]|$)`).test(text);
}
