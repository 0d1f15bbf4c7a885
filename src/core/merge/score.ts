import type { MrInput } from "./queue-state.ts";

const hourMs = 3_600_000;

/** How urgent a merge request is: the convoy's age, its priority and its own age, less what conflicts cost (spec/05 §1.4). */
export function score(
  mr: Pick<MrInput, "priority" | "createdAt" | "convoyCreatedAt" | "retryCount">,
  now: number,
): number {
  const priority = mr.priority >= 0 && mr.priority <= 4 ? mr.priority : 4;
  return (
    1000 +
    10 * hoursSince(mr.convoyCreatedAt, now) +
    100 * (4 - priority) -
    Math.min(50 * mr.retryCount, 300) +
    hoursSince(mr.createdAt, now)
  );
}

/** Queue order: highest score first, then the older one, then by id. */
export function inQueueOrder<T extends Parameters<typeof score>[0] & { readonly id: string }>(
  requests: readonly T[],
  now: number,
): readonly T[] {
  return requests
    .map((mr) => ({ mr, score: score(mr, now) }))
    .sort(
      (one, other) =>
        other.score - one.score ||
        one.mr.createdAt - other.mr.createdAt ||
        (one.mr.id < other.mr.id ? -1 : one.mr.id > other.mr.id ? 1 : 0),
    )
    .map((entry) => entry.mr);
}

function hoursSince(time: number | undefined, now: number): number {
  return time === undefined ? 0 : Math.max(0, (now - time) / hourMs);
}
