import type { ActorAddress, Bead, BeadId, Time } from "../ledger/bead.ts";

/** Where a merge request stands (spec/05 §1.2). `blocked` is computed from dependencies at every read. */
export type MrPhase = "ready" | "blocked" | "held" | "running" | "needs_fix" | "quarantined" | "closed";

export type MrCloseReason = "merged" | "rejected" | "superseded" | "conflict" | "no_merge";

/** Somebody took a running merge request back; its run drops it at the next step (spec/05 §2.2). */
export interface Withdrawal {
  readonly as: "rejected" | "superseded";
  readonly reason: string;
  readonly by: ActorAddress;
}

/** One submitted commit that wants to reach one target branch: the typed face of a merge-request bead (spec/05 §1.1). */
export interface MergeRequest {
  readonly id: BeadId;
  readonly rev: number;
  readonly title: string;
  readonly status: string;
  readonly assignee: ActorAddress;
  /** Outside 0..4 counts as 4. */
  readonly priority: number;
  readonly createdAt: Time;
  readonly updatedAt: Time;
  readonly closedAt?: Time;
  readonly labels: readonly string[];
  readonly branch: string;
  /** Empty: the rig's default branch. */
  readonly target: string;
  readonly sourceIssue: BeadId;
  /** Name of the agent, e.g. `nux`. */
  readonly worker: string;
  readonly agentBead: BeadId;
  readonly agentAddress: ActorAddress;
  readonly rig: string;
  /** The pinned head: what is merged, whatever the branch is by then. */
  readonly commitSha: string;
  readonly strategy: "mr" | "pr";
  readonly convoyId: BeadId;
  readonly convoyCreatedAt?: Time;
  readonly preVerified: boolean;
  readonly preVerifiedBase: string;
  readonly phase: MrPhase;
  readonly phaseReason: string;
  readonly holdUntil?: Time;
  readonly uncheckedCriteria: number;
  readonly run: string;
  readonly retryCount: number;
  readonly lastConflictSha: string;
  readonly conflictTaskId: BeadId;
  readonly fixAttempts: number;
  /** Runs of it that ended in an error or a killed daemon, in a row; some, and it is taken for poison (spec/05 §2.10). */
  readonly crashes: number;
  /** It comes from a run that ended without it and need not wait for company. */
  readonly carried: boolean;
  readonly evidence: string;
  readonly landingSha: string;
  readonly mergeCommit: string;
  readonly closeReason: MrCloseReason | "";
  readonly landedBy: string;
  readonly prNumber: number;
  readonly prUrl: string;
  /** Since when its pull request waits for required checks. */
  readonly checksSince?: Time;
  readonly withdrawn?: Withdrawal;
}

export const mergeRequestLabel = "gt:merge-request";

/** The merge request that a bead of type `merge-request` stands for; anything odd in it reads as absent. */
export function mergeRequest(bead: Bead): MergeRequest {
  const fields = record(bead.metadata["mr"]);
  const withdrawn = withdrawal(fields["withdrawn"]);
  const convoyCreatedAt = time(fields["convoy_created_at"]);
  const holdUntil = time(fields["hold_until"]);
  const checksSince = time(fields["checks_since"]);
  return {
    id: bead.id,
    rev: bead.rev,
    title: bead.title,
    status: bead.status,
    assignee: bead.assignee,
    priority: bead.priority >= 0 && bead.priority <= 4 ? bead.priority : 4,
    createdAt: bead.createdAt,
    updatedAt: bead.updatedAt,
    ...(bead.closedAt === undefined ? {} : { closedAt: bead.closedAt }),
    labels: bead.labels,
    branch: text(fields["branch"]),
    target: text(fields["target"]),
    sourceIssue: text(fields["source_issue"]),
    worker: text(fields["worker"]),
    agentBead: text(fields["agent_bead"]),
    agentAddress: text(fields["agent_address"]),
    rig: text(fields["rig"]),
    commitSha: text(fields["commit_sha"]),
    strategy: fields["strategy"] === "pr" ? "pr" : "mr",
    convoyId: text(fields["convoy_id"]),
    ...(convoyCreatedAt === undefined ? {} : { convoyCreatedAt }),
    preVerified: fields["pre_verified"] === true,
    preVerifiedBase: text(fields["pre_verified_base"]),
    phase: bead.status === "closed" ? "closed" : phase(fields["phase"]),
    phaseReason: text(fields["phase_reason"]),
    ...(holdUntil === undefined ? {} : { holdUntil }),
    ...(checksSince === undefined ? {} : { checksSince }),
    uncheckedCriteria: count(fields["unchecked_criteria"]),
    run: text(fields["run"]),
    retryCount: count(fields["retry_count"]),
    lastConflictSha: text(fields["last_conflict_sha"]),
    conflictTaskId: text(fields["conflict_task_id"]),
    fixAttempts: count(fields["fix_attempts"]),
    crashes: count(fields["crashes"]),
    carried: fields["carried"] === true,
    evidence: text(fields["evidence"]),
    landingSha: text(fields["landing_sha"]),
    mergeCommit: text(fields["merge_commit"]),
    closeReason: text(fields["close_reason"]) as MrCloseReason | "",
    landedBy: text(fields["landed_by"]),
    prNumber: count(fields["pr_number"]),
    prUrl: text(fields["pr_url"]),
    ...(withdrawn === undefined ? {} : { withdrawn }),
  };
}

const phases: readonly string[] = ["ready", "blocked", "held", "running", "needs_fix", "quarantined"];

function phase(value: unknown): MrPhase {
  return typeof value === "string" && phases.includes(value) ? (value as MrPhase) : "ready";
}

function record(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function count(value: unknown): number {
  return typeof value === "number" && Number.isSafeInteger(value) && value > 0 ? value : 0;
}

function time(value: unknown): Time | undefined {
  if (typeof value === "number") return value;
  const parsed = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isNaN(parsed) ? undefined : parsed;
}

function withdrawal(value: unknown): Withdrawal | undefined {
  const fields = record(value);
  const as = fields["as"];
  if (as !== "rejected" && as !== "superseded") return undefined;
  return { as, reason: text(fields["reason"]), by: text(fields["by"]) };
}
