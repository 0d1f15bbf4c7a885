import { isOwned, isSlingable, isStaged, pausedLabel, skippedLabel, spawnBlockedLabel } from "./convoy.ts";
import type { FeedFailure } from "./feed-failures.ts";
import type { ConvoySnapshot, TrackedBead } from "./convoy-snapshot.ts";

/** What keeps a tracked bead where it is (spec/05 §6.4, §6.6). */
export type TrackedState =
  | { readonly state: "closed" }
  | { readonly state: "ready" }
  | { readonly state: "in-flight" }
  /** Waits for its merge request. */
  | { readonly state: "merging" }
  | { readonly state: "blocked"; readonly reason: string; readonly isOutside: boolean }
  | { readonly state: "held"; readonly reason: string };

export interface ReadinessContext {
  readonly now: number;
  /** Scopes (rig names) that take work: known, not parked, not docked. */
  readonly openRigs: ReadonlySet<string>;
  /** Known rigs, open or not. */
  readonly rigs: ReadonlySet<string>;
  /** Beads whose last dispatch failed, with the time until which they are left alone. */
  readonly backoff?: ReadonlyMap<string, FeedFailure>;
  /** Beads that wait for their turn in the scheduler. */
  readonly queued?: ReadonlySet<string>;
  /** `gt scheduler pause`: nothing new is started. */
  readonly isPaused?: boolean;
}

const movingPhases = new Set(["ready", "running", "blocked", "held"]);

/** The state of one tracked bead. Pure. */
export function trackedState(tracked: TrackedBead, context: ReadinessContext): TrackedState {
  const { bead, mergeRequest, holder } = tracked;
  if (mergeRequest !== undefined) {
    if (movingPhases.has(mergeRequest.phase)) return { state: "merging" };
    if (bead.status !== "open")
      return { state: "held", reason: `${mergeRequest.id} ${mergeRequest.phase.replace("_", " ")}` };
  } else if (bead.status === "closed" || bead.status === "tombstone") return { state: "closed" };
  if (bead.labels.includes(skippedLabel)) return { state: "held", reason: "skipped" };
  if (bead.labels.includes(spawnBlockedLabel)) return { state: "held", reason: "respawn limit reached" };
  if (bead.status === "hooked" || bead.status === "in_progress") {
    if (holder === undefined || !holder.isDead) return { state: "in-flight" };
    return { state: "held", reason: `assigned to ${holder.address} (dead, recovery pending)` };
  }
  if (tracked.blockers.length > 0) return blockedState(tracked);
  if (bead.status === "deferred" || (bead.deferUntil ?? 0) > context.now)
    return { state: "held", reason: deferredReason(bead.deferUntil) };
  if (bead.status !== "open") return { state: "held", reason: `status ${bead.status}` };
  if (!isSlingable(bead)) return { state: "held", reason: `needs decision ${bead.id}` };
  if (!context.rigs.has(bead.scope)) return { state: "held", reason: "no rig for prefix" };
  if (!context.openRigs.has(bead.scope)) return { state: "held", reason: `rig ${bead.scope} parked` };
  if (holder !== undefined && !holder.isDead) return { state: "in-flight" };
  if (context.isPaused === true) return { state: "held", reason: "scheduler paused" };
  if (context.queued?.has(bead.id) === true) return { state: "in-flight" };
  const backoff = context.backoff?.get(bead.id);
  if (backoff !== undefined && backoff.until > context.now)
    return { state: "held", reason: `dispatch failed: ${backoff.error}` };
  return { state: "ready" };
}

function blockedState(tracked: TrackedBead): TrackedState {
  const decision = tracked.blockers.find((blocker) => !blocker.slingable);
  const skipped = tracked.blockers.find((blocker) => blocker.skipped);
  const ids = tracked.blockers.map((blocker) => blocker.id).join(", ");
  return {
    state: "blocked",
    isOutside: tracked.blockers.every((blocker) => !blocker.inside),
    reason:
      decision !== undefined
        ? `needs decision ${decision.id}`
        : skipped !== undefined
          ? `blocked by skipped ${skipped.id}`
          : `blocked by ${ids}`,
  };
}

const deferredReason = (until: number | undefined): string =>
  until === undefined ? "deferred" : `deferred until ${new Date(until).toISOString().slice(0, 10)}`;

export type ConvoyState =
  | "staged"
  | "empty"
  | "complete"
  | "paused"
  | "feeding"
  | "working"
  | "waiting"
  | "stuck"
  | "closed";

export interface ConvoyStanding {
  readonly state: ConvoyState;
  /** `<bead>: <reason>` of what keeps it from moving, for `waiting` and `stuck`. */
  readonly reasons: readonly string[];
  readonly done: number;
  readonly total: number;
  /** State of each tracked bead, by id. */
  readonly beads: ReadonlyMap<string, TrackedState>;
}

/** Where a convoy stands: the first matching row of spec/05 §6.6. Pure. */
export function convoyStanding(snapshot: ConvoySnapshot, context: ReadinessContext): ConvoyStanding {
  const beads = new Map(
    snapshot.tracked.map((tracked) => [tracked.bead.id, trackedState(tracked, context)] as const),
  );
  const states = [...beads.values()];
  const count = (state: TrackedState["state"]): number =>
    states.filter((entry) => entry.state === state).length;
  const done = count("closed");
  const total = states.length;
  const standing = (state: ConvoyState, reasons: readonly string[] = []): ConvoyStanding => ({
    state,
    reasons,
    done,
    total,
    beads,
  });

  if (snapshot.convoy.status === "closed") return standing("closed");
  if (isStaged(snapshot.convoy)) return standing("staged");
  if (total === 0) return standing("empty");
  if (done === total) return standing("complete");
  const inFlight = count("in-flight") + count("merging");
  const isPaused = snapshot.fields.feed === "manual" || snapshot.convoy.labels.includes(pausedLabel);
  if (isPaused && inFlight === 0) return standing("paused");
  if (count("ready") > 0 && !isPaused) return standing("feeding");
  if (inFlight > 0) return standing("working");
  const left = states.filter((entry) => entry.state === "blocked" || entry.state === "held");
  const reasons = [...beads].flatMap(([id, entry]) => ("reason" in entry ? [`${id}: ${entry.reason}`] : []));
  const waits = left.length > 0 && left.every((entry) => entry.state === "blocked" && entry.isOutside);
  return standing(waits ? "waiting" : "stuck", reasons);
}

/** Whether everything tracked is closed and merged, so that the convoy has landed (spec/05 §6.5). */
export function hasLanded(snapshot: ConvoySnapshot): boolean {
  return (
    snapshot.convoy.status === "open" &&
    !isOwned(snapshot.convoy) &&
    snapshot.tracked.length > 0 &&
    snapshot.tracked.every(
      ({ bead, mergeRequest }) =>
        mergeRequest === undefined && (bead.status === "closed" || bead.status === "tombstone"),
    )
  );
}
