/** Of the changes in a worktree since its last snapshot, in milliseconds since the epoch. */
export interface PendingChanges {
  /** When the first of them was seen. */
  readonly since: number;
  /** When the last snapshot was taken; 0 for never. */
  readonly takenAt: number;
}

export interface SnapshotTiming {
  readonly quietMs: number;
  readonly minGapMs: number;
  readonly intervalMs: number;
}

/**
 * How long after the change that was seen just now the snapshot is due (spec/04 §6.2): once it has been quiet, some time
 * after the last one, and at latest every interval while changes go on. Pure.
 */
export function snapshotDueInMs(
  now: number,
  { since, takenAt }: PendingChanges,
  { quietMs, minGapMs, intervalMs }: SnapshotTiming,
): number {
  const settled = Math.max(quietMs, takenAt + minGapMs - now);
  return Math.max(0, Math.min(settled, since + intervalMs - now));
}
