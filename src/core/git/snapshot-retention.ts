import type { HookSnapshot } from "./list-snapshots.ts";

const hour = 3_600_000;
const day = 24 * hour;
const most = 200;

export interface RetentionFacts {
  readonly now: number;
  /** Assignments whose bead is not closed: the newest snapshot of each is never dropped. */
  readonly protectedAssignments: ReadonlySet<number>;
}

/**
 * Which snapshots of one agent may go (spec/04 §6.4): all younger than 48 h stay, then the last of each hour up to 7
 * days, then the last of each assignment up to 30 days, at most 200. The very newest stays, so that no number is ever given
 * twice. Pure; `snapshots` are newest first.
 */
export function expiredSnapshots(
  snapshots: readonly HookSnapshot[],
  facts: RetentionFacts,
): readonly HookSnapshot[] {
  const hours = new Set<number>();
  const assignments = new Set<number>();
  const kept: HookSnapshot[] = [];
  const expired: HookSnapshot[] = [];
  for (const snapshot of snapshots) {
    const age = facts.now - snapshot.time;
    const isNewestOfAssignment = !assignments.has(snapshot.assignment);
    const hourOf = Math.floor(snapshot.time / hour);
    const isProtected =
      snapshot === snapshots[0] ||
      (isNewestOfAssignment && facts.protectedAssignments.has(snapshot.assignment));
    const isKept =
      age < 2 * day || (age < 7 * day && !hours.has(hourOf)) || (age < 30 * day && isNewestOfAssignment);
    hours.add(hourOf);
    assignments.add(snapshot.assignment);
    if (isProtected || (isKept && kept.length < most)) kept.push(snapshot);
    else expired.push(snapshot);
  }
  return expired;
}
