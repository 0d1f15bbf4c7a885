import type { RunRecord } from "./run-record.ts";

/** What is known of a member of a batch while the search for the first red prefix narrows (spec/05 §2.6). */
export type MemberStanding = "landed" | "green" | "red" | "suspect" | "waiting";

export interface SearchStanding {
  /** In the order of the stack. */
  readonly members: readonly MemberStanding[];
  /** Prefixes whose gates run now; 0 is the base. */
  readonly flying: readonly number[];
}

/** How far the search of a run has come, from its gate runs alone; for views, never for a decision. */
export function searchStanding(run: RunRecord): SearchStanding {
  const ended = (wanted: "green" | "red") =>
    run.probes.filter(({ verdict }) => verdict === wanted).map(({ prefix }) => prefix);
  // A prefix with several gates is green when the last of them is; a red one settles it.
  const reds = new Set(ended("red"));
  const highestGreen = Math.max(run.pushedUpTo, 0, ...ended("green").filter((prefix) => !reds.has(prefix)));
  const lowestRed = Math.min(
    Number.POSITIVE_INFINITY,
    ...[...reds].filter((prefix) => prefix > highestGreen),
  );
  const standing = (place: number): MemberStanding => {
    if (place <= run.pushedUpTo) return "landed";
    if (place <= highestGreen) return "green";
    if (place > lowestRed || lowestRed === Number.POSITIVE_INFINITY) return "waiting";
    return lowestRed === highestGreen + 1 ? "red" : "suspect";
  };
  return {
    members: run.ids.map((_, index) => standing(index + 1)),
    flying: [
      ...new Set(run.probes.filter(({ verdict }) => verdict === undefined).map(({ prefix }) => prefix)),
    ].sort((one, other) => one - other),
  };
}
