import type { Bead } from "../ledger/bead.ts";
import { type ConvoyFields, isOwned, pausedLabel } from "./convoy.ts";
import type { ConvoySnapshot } from "./convoy-snapshot.ts";
import { type ReadinessContext, trackedState } from "./convoy-state.ts";

export interface FeedContext extends ReadinessContext {
  /** Dispatches per convoy and pass (`convoy.feed_max`). */
  readonly feedMax: number;
  /** Milliseconds that a new convoy is left to be slung by hand (`convoy.feed_grace`). */
  readonly graceMs: number;
  /** Feeds at once, without the grace: `launch`, `refresh`. */
  readonly isEager?: boolean;
}

export interface FeedStep {
  readonly convoy: string;
  readonly bead: string;
  readonly rig: string;
  readonly baseBranch?: string;
  readonly merge?: string;
}

/**
 * What to dispatch now, so that convoys drain by themselves (spec/05 §6.5). Pure. A bead tracked by two convoys is
 * dispatched for the older one only.
 */
export function planFeed(snapshots: readonly ConvoySnapshot[], context: FeedContext): readonly FeedStep[] {
  const steps: FeedStep[] = [];
  const planned = new Set<string>();
  for (const snapshot of snapshots) {
    if (!isFed(snapshot, context)) continue;
    const ready = snapshot.tracked
      .filter((tracked) => trackedState(tracked, context).state === "ready")
      .filter((tracked) => !planned.has(tracked.bead.id))
      .sort((one, other) => one.bead.priority - other.bead.priority || compareIds(one.bead.id, other.bead.id))
      .slice(0, context.feedMax);
    for (const { bead } of ready) {
      planned.add(bead.id);
      steps.push({
        convoy: snapshot.convoy.id,
        bead: bead.id,
        rig: bead.scope,
        ...(snapshot.fields.base_branch === undefined ? {} : { baseBranch: snapshot.fields.base_branch }),
        ...(snapshot.fields.merge === undefined ? {} : { merge: snapshot.fields.merge }),
      });
    }
  }
  return steps;
}

/** Whether what is ready in the convoy is dispatched without anybody asking for it. */
export function isSelfFeeding(convoy: Bead, { feed }: ConvoyFields): boolean {
  if (convoy.status !== "open" || isOwned(convoy)) return false;
  return feed !== "manual" && !convoy.labels.includes(pausedLabel);
}

function isFed(snapshot: ConvoySnapshot, context: FeedContext): boolean {
  const { convoy, fields } = snapshot;
  if (!isSelfFeeding(convoy, fields)) return false;
  if (context.isEager === true || context.now - convoy.createdAt >= context.graceMs) return true;
  return snapshot.tracked.some(({ bead }) => wasDispatched(bead.metadata));
}

const wasDispatched = (metadata: Readonly<Record<string, unknown>>): boolean =>
  metadata["attachment"] !== undefined || metadata["recovery"] !== undefined;

const compareIds = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0);
