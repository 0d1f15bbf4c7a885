import { emptyTarget, type MrInput, type QueueState, type TargetState } from "./queue-state.ts";
import { inQueueOrder } from "./score.ts";

/** A normal request that has waited this long goes before another batch of P0 (spec/05 §2.3). */
const patienceMs = 30 * 60_000;
/** After two runs that crashed, a request is gated alone to find out whether it is the reason (spec/05 §2.10). */
export const suspectCrashes = 2;

/** Batch size that costs the fewest gate runs for the target's rate of culprits (spec/05 §2.3, §2.13). */
export function adaptiveSize(decided: readonly boolean[]): number {
  const culprits = decided.filter((culprit) => culprit).length;
  const rate = (culprits + 1) / (decided.length + 20);
  // floor(0.7 / rate), in whole numbers.
  return rate > 0.38 ? 1 : Math.max(1, Math.floor((7 * (decided.length + 20)) / (10 * (culprits + 1))));
}

export type BatchPlan =
  | {
      readonly plan: "batch";
      readonly ids: readonly string[];
      /** P0 only. */ readonly urgent: boolean;
    }
  /** Company may come until then. */
  | { readonly plan: "wait"; readonly until: number }
  | { readonly plan: "nothing" };

/**
 * The next batch for a target, in queue order (spec/05 §2.3). `alone` takes one request only; `tried` are passed over.
 */
export function formBatch(
  state: Pick<QueueState, "queue" | "now" | "policy">,
  target: string,
  targetState: TargetState = emptyTarget,
  options: { readonly alone?: boolean; readonly tried?: readonly string[] } = {},
): BatchPlan {
  const { now, policy } = state;
  const candidates = inQueueOrder(
    state.queue.filter((mr) => mr.target === target && !options.tried?.includes(mr.id)),
    now,
  );
  const [first] = eligible(candidates, 1);
  if (first === undefined) return { plan: "nothing" };
  if (options.alone || first.crashes >= suspectCrashes)
    return { plan: "batch", ids: [first.id], urgent: first.priority === 0 };

  const trusted = candidates.filter((mr) => mr.crashes < suspectCrashes);
  const size = Math.max(
    1,
    Math.min(
      policy.maxBatchSize,
      policy.adaptive ? adaptiveSize(targetState.decided) : Number.POSITIVE_INFINITY,
    ),
  );
  const urgent = trusted.filter((mr) => mr.priority === 0);
  const normal = trusted.filter((mr) => mr.priority !== 0);
  const urgentBatch = eligible(urgent, size);
  if (urgentBatch.length > 0 && !(targetState.urgentLast && hasWaitedLong(eligible(normal, size), now)))
    return { plan: "batch", ids: urgentBatch.map((mr) => mr.id), urgent: true };

  const batch = eligible(urgentBatch.length > 0 ? normal : trusted, size);
  if (batch.length === 0) return { plan: "nothing" };
  const oldest = Math.min(...batch.map((mr) => mr.createdAt));
  const until = oldest + policy.batchWaitMs;
  const mayWait = batch.length < size && until > now && !batch.some((mr) => mr.carried);
  return mayWait ? { plan: "wait", until } : { plan: "batch", ids: batch.map((mr) => mr.id), urgent: false };
}

/** The first requests, in order, of one strategy, whose blockers are all earlier members. */
function eligible(ordered: readonly MrInput[], size: number): readonly MrInput[] {
  const chosen: MrInput[] = [];
  const ids = new Set<string>();
  // A blocker may have the lower score; then its dependent is met too early and is taken on a second look.
  for (let before = -1; before < chosen.length && chosen.length < size; ) {
    before = chosen.length;
    for (const mr of ordered) {
      if (chosen.length >= size) break;
      const [leader] = chosen;
      if (ids.has(mr.id) || (leader !== undefined && leader.strategy !== mr.strategy)) continue;
      if (!mr.dependsOn.every((blocker) => ids.has(blocker))) continue;
      chosen.push(mr);
      ids.add(mr.id);
    }
  }
  return chosen;
}

function hasWaitedLong(requests: readonly MrInput[], now: number): boolean {
  return requests.some((mr) => now - mr.createdAt > patienceMs);
}
