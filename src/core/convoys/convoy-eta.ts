import type { TrackedBead } from "./convoy-snapshot.ts";

const windowMs = 2 * 3_600_000;

/**
 * How long what is left takes at the rate at which the convoy's beads have landed in the last two hours, in milliseconds
 * (spec/05 §10). Undefined while nothing has landed in that time, and when nothing is left.
 */
export function convoyEta(
  tracked: readonly Pick<TrackedBead, "bead">[],
  createdAt: number,
  now: number,
): number | undefined {
  const left = tracked.filter(({ bead }) => bead.status !== "closed" && bead.status !== "tombstone").length;
  const landed = tracked.filter(({ bead }) => (bead.closedAt ?? 0) > now - windowMs).length;
  if (left === 0 || landed === 0) return undefined;
  const spanMs = Math.max(1, Math.min(windowMs, now - createdAt));
  return Math.round((left * spanMs) / landed);
}
