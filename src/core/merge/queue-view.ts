import type { BeadId, Time } from "../ledger/bead.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Rig } from "../town/town.ts";
import { type MergeRequest, mergeRequest } from "./merge-request.ts";
import { openRequests, type WaitingRequest } from "./open-requests.ts";
import { liveRuns, type RunRecord } from "./run-record.ts";
import { score } from "./score.ts";
import { allTargets, type TargetRecord, targetsOf } from "./target-record.ts";

export type QueueStatus = "ready" | "blocked" | "held" | "active" | "needs-fix" | "quarantined" | "closed";

/** A merge request as lists show it. */
export interface QueueRow {
  readonly mr: MergeRequest;
  readonly target: string;
  readonly status: QueueStatus;
  /** Why it does not run now; empty when it does or will. */
  readonly reason: string;
  readonly score: number;
  readonly blockedBy: readonly BeadId[];
}

export interface TargetView {
  readonly target: string;
  readonly state: "green" | "red" | "held" | "paused";
  readonly reason: string;
  readonly until?: Time;
}

/** A rig's merge queue for status, lists and the TUI. */
export interface QueueView {
  readonly rig: string;
  /** In the order in which they would run; those that wait for a person come last. */
  readonly rows: readonly QueueRow[];
  readonly targets: readonly TargetView[];
  /** Runs that are under way. */
  readonly runs: readonly RunRecord[];
}

export async function queueView(ledger: Ledger, rig: Rig, now: Time): Promise<QueueView> {
  const [requests, targets, runs] = await Promise.all([
    openRequests(ledger, rig),
    targetsOf(ledger, rig.name),
    liveRuns(ledger, rig.name),
  ]);
  const rows = requests.map((request) => toRow(request, targets, now));
  const names = new Set([...requests.map((request) => request.target), ...targets.keys()]);
  names.delete(allTargets);
  return {
    rig: rig.name,
    rows: rows.toSorted(inOrder),
    targets: [...names].map((target) => targetView(target, targets, now)),
    runs,
  };
}

/** Requests that have ended, newest first. */
export async function closedRows(
  ledger: Ledger,
  rig: Rig,
  now: Time,
  limit: number,
): Promise<readonly QueueRow[]> {
  const beads = await ledger.find({ type: "merge-request", status: "closed", sort: "closed", limit });
  return beads
    .map(mergeRequest)
    .filter((mr) => mr.rig.toLowerCase() === rig.name.toLowerCase())
    .map((mr) => ({
      mr,
      target: mr.target || rig.defaultBranch,
      status: "closed",
      reason: mr.closeReason,
      score: score(mr, now),
      blockedBy: [],
    }));
}

function toRow(request: WaitingRequest, targets: ReadonlyMap<string, TargetRecord>, now: Time): QueueRow {
  const { mr, target, blockedBy } = request;
  return { mr, target, blockedBy, score: score(mr, now), ...statusOf(request, targets, now) };
}

function statusOf(
  { mr, target, blockedBy }: WaitingRequest,
  targets: ReadonlyMap<string, TargetRecord>,
  now: Time,
): Pick<QueueRow, "status" | "reason"> {
  if (mr.withdrawn !== undefined) return { status: "held", reason: `being ${mr.withdrawn.as}` };
  switch (mr.phase) {
    case "closed":
      return { status: "closed", reason: mr.closeReason };
    case "running":
      return { status: "active", reason: "" };
    case "needs_fix":
      return { status: "needs-fix", reason: mr.phaseReason };
    case "quarantined":
      return { status: "quarantined", reason: mr.phaseReason };
    default: {
      if (blockedBy.length > 0) return { status: "blocked", reason: `waits for ${blockedBy.join(" ")}` };
      if (mr.phase === "held") return { status: "held", reason: mr.phaseReason };
      const view = targetView(target, targets, now);
      const isTried = targets.get(target)?.red?.tried.includes(mr.id) === true;
      if (view.state === "paused" || view.state === "held") return { status: "held", reason: view.reason };
      return isTried ? { status: "held", reason: "target_red" } : { status: "ready", reason: mr.phaseReason };
    }
  }
}

function targetView(target: string, targets: ReadonlyMap<string, TargetRecord>, now: Time): TargetView {
  const record = targets.get(target);
  const paused = record?.paused ?? targets.get(allTargets)?.paused;
  if (paused !== undefined)
    return { target, state: "paused", reason: paused.reason || `paused by ${paused.by}` };
  if (record?.hold !== undefined && record.hold.until > now)
    return { target, state: "held", reason: record.hold.because, until: record.hold.until };
  return record?.red === undefined
    ? { target, state: "green", reason: "" }
    : { target, state: "red", reason: "the target fails its own gates" };
}

const weight: Readonly<Record<QueueStatus, number>> = {
  active: 0,
  ready: 1,
  held: 2,
  blocked: 3,
  "needs-fix": 4,
  quarantined: 5,
  closed: 6,
};

function inOrder(one: QueueRow, other: QueueRow): number {
  return (
    weight[one.status] - weight[other.status] ||
    other.score - one.score ||
    one.mr.createdAt - other.mr.createdAt ||
    (one.mr.id < other.mr.id ? -1 : 1)
  );
}
