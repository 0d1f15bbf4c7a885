import { type Clock, formatTime } from "../clock.ts";
import { GtError } from "../gt-error.ts";
import type { ActorAddress, Bead, BeadId, Time } from "../ledger/bead.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Operation } from "../ledger/operation.ts";
import { type Random, randomWord } from "../random.ts";
import type { Rig } from "../town/town.ts";
import { type MergeRequest, mergeRequest, mergeRequestLabel } from "./merge-request.ts";

/** A branch whose head is pushed and verified, ready to be queued. */
export interface SubmissionRequest {
  readonly rig: Rig;
  readonly branch: string;
  /** Full id of the branch's head. */
  readonly commitSha: string;
  readonly target: string;
  readonly sourceIssue: BeadId;
  readonly worker?: {
    readonly name: string;
    readonly address: ActorAddress;
    readonly agentBead: BeadId;
  };
  /** Default: that of the source issue. */
  readonly priority?: number;
  readonly strategy?: "mr" | "pr";
  readonly preVerified?: { readonly at: Time; readonly base: string };
  /** Unticked acceptance criteria of the source issue. */
  readonly uncheckedCriteria?: number;
  readonly pullRequest?: { readonly number: number; readonly url: string };
}

export interface Submission {
  readonly mr: BeadId;
  /**
   * `queued`: the operations create a merge request. `already-queued`: one with this branch and head is open.
   * `repinned`: the source issue is a conflict task, and the operations hand its result to the original request.
   */
  readonly outcome: "queued" | "already-queued" | "repinned";
  readonly superseded: readonly BeadId[];
  /** To be written in one batch, before other operations on the same beads. */
  readonly operations: readonly Operation[];
}

export interface SubmissionSources {
  readonly ledger: Ledger;
  readonly clock: Clock;
  readonly random: Random;
}

export const conflictTaskLabel = "gt:conflict-resolve";

/**
 * The ledger's part of a submission: the merge request, the source issue's `awaiting_merge`, the agent's `active_mr`,
 * and the end of earlier requests for the same issue (spec/05 §1.3 steps 3-5). Git is the caller's: the branch must be
 * pushed and verified before. Throws `E_BEAD_NOT_FOUND`.
 */
export async function submission(
  sources: SubmissionSources,
  request: SubmissionRequest,
): Promise<Submission> {
  const { ledger } = sources;
  const source = await ledger.get(request.sourceIssue);
  if (source === undefined)
    throw new GtError("E_BEAD_NOT_FOUND", `no bead ${request.sourceIssue}`, { hint: "bd list" });

  if (source.labels.includes(conflictTaskLabel)) {
    const original = await originalOf(ledger, source);
    if (original !== undefined) return repin(original, source, request);
  }

  const open = await openRequestsFor(ledger, request.sourceIssue);
  const same = open.find((mr) => mr.branch === request.branch && mr.commitSha === request.commitSha);
  if (same !== undefined) {
    const operations = sourceOperations(source, same.id, request, { comment: false });
    return { mr: same.id, outcome: "already-queued", superseded: [], operations };
  }
  const id = await freshId(sources, request.rig.prefix);
  const superseded = open.map((mr) => mr.id);
  return {
    mr: id,
    outcome: "queued",
    superseded,
    operations: [
      // Two submissions at once must not both supersede the same request and stay open side by side.
      {
        op: "expect",
        id: source.id,
        expected: { metadata: { awaiting_merge: source.metadata["awaiting_merge"] } },
      },
      ...(await creation(sources, request, source, id, open)),
      ...sourceOperations(source, id, request, { comment: true }),
      ...open.flatMap((mr) => supersede(mr, id, request)),
      {
        op: "event",
        event: {
          type: "mr_submitted",
          payload: {
            mr: id,
            bead: source.id,
            branch: request.branch,
            worker: request.worker?.name ?? "",
            target: request.target,
            rig: request.rig.name,
          },
        },
      },
    ],
  };
}

/** Open merge requests of a work bead, oldest first. */
export async function openRequestsFor(ledger: Ledger, sourceIssue: BeadId): Promise<readonly MergeRequest[]> {
  const beads = await ledger.find({
    type: "merge-request",
    notStatus: "closed",
    metadata: { "mr.source_issue": sourceIssue },
    sort: "oldest",
  });
  return beads.map(mergeRequest);
}

async function creation(
  sources: SubmissionSources,
  request: SubmissionRequest,
  source: Bead,
  id: BeadId,
  earlier: readonly MergeRequest[],
): Promise<readonly Operation[]> {
  const convoy = await convoyOf(sources.ledger, source);
  const { preVerified, pullRequest, worker } = request;
  return [
    { op: "expect", id, expected: { exists: false } },
    {
      op: "create",
      bead: {
        id,
        scope: request.rig.name,
        title: `Merge: ${source.id}`,
        type: "merge-request",
        priority: request.priority ?? source.priority,
        labels: [mergeRequestLabel],
        ephemeral: true,
        metadata: {
          mr: {
            branch: request.branch,
            target: request.target,
            source_issue: source.id,
            rig: request.rig.name,
            commit_sha: request.commitSha,
            strategy: request.strategy ?? "mr",
            phase: "ready",
            retry_count: 0,
            // The charge follows the issue, so that a worker cannot start afresh by submitting again.
            fix_attempts: Math.max(0, ...earlier.map((mr) => mr.fixAttempts)),
            ...(worker === undefined
              ? {}
              : { worker: worker.name, agent_bead: worker.agentBead, agent_address: worker.address }),
            ...(convoy === undefined
              ? {}
              : { convoy_id: convoy.id, convoy_created_at: formatTime(convoy.createdAt) }),
            ...(preVerified === undefined
              ? {}
              : {
                  pre_verified: true,
                  pre_verified_at: formatTime(preVerified.at),
                  pre_verified_base: preVerified.base,
                }),
            ...(request.uncheckedCriteria ? { unchecked_criteria: request.uncheckedCriteria } : {}),
            ...(pullRequest === undefined ? {} : { pr_number: pullRequest.number, pr_url: pullRequest.url }),
          },
        },
      },
    },
  ];
}

function sourceOperations(
  source: Bead,
  mr: BeadId,
  request: SubmissionRequest,
  options: { readonly comment: boolean },
): readonly Operation[] {
  const operations: Operation[] = [];
  // Closed too early by its agent: it is open again until the change is on the target (spec/04 §5.4).
  if (source.status === "closed") operations.push({ op: "reopen", id: source.id, reason: `awaits ${mr}` });
  operations.push({
    op: "update",
    id: source.id,
    fields: { status: "in_progress", metadata: { awaiting_merge: mr } },
  });
  if (options.comment) operations.push({ op: "comment", id: source.id, text: `MR created: ${mr}` });
  if (request.worker !== undefined)
    operations.push({ op: "setAgent", address: request.worker.address, fields: { activeMr: mr } });
  return operations;
}

function supersede(mr: MergeRequest, by: BeadId, request: SubmissionRequest): readonly Operation[] {
  const reason = `superseded by ${by}`;
  // A claim in between makes it a running one, which is withdrawn instead of closed: look again.
  const unchanged: Operation = {
    op: "expect",
    id: mr.id,
    expected: { status: mr.status, metadata: { "mr.run": mr.run || undefined } },
  };
  if (mr.phase === "running")
    return [
      unchanged,
      {
        op: "update",
        id: mr.id,
        fields: { metadata: { mr: { withdrawn: { as: "superseded", reason, by: by } } } },
      },
    ];
  const operations: Operation[] = [
    unchanged,
    {
      op: "update",
      id: mr.id,
      fields: { metadata: { mr: { phase: "closed", close_reason: "superseded", phase_reason: null } } },
    },
    { op: "close", id: mr.id, close: { reason, outcome: "skipped", force: true } },
    {
      op: "event",
      event: {
        type: "mr_superseded",
        payload: { mr: mr.id, branch: mr.branch, reason, rig: request.rig.name },
      },
    },
  ];
  if (mr.conflictTaskId !== "")
    operations.push({
      op: "close",
      id: mr.conflictTaskId,
      close: { reason: `not needed: ${mr.id} was ${reason}`, outcome: "skipped", force: true },
    });
  return operations;
}

/** Result of a conflict task: the same request goes on with the resolved head (spec/05 §2.10). */
function repin(original: MergeRequest, task: Bead, request: SubmissionRequest): Submission {
  const operations: Operation[] = [
    { op: "expect", id: original.id, expected: { status: ["open", "in_progress", "blocked"] } },
    {
      op: "update",
      id: original.id,
      fields: {
        metadata: {
          mr: {
            commit_sha: request.commitSha,
            branch: request.branch,
            phase: "ready",
            phase_reason: null,
            conflict_task_id: null,
            carried: true,
          },
        },
      },
    },
    {
      op: "close",
      id: task.id,
      close: { reason: `resolved for ${original.id}`, outcome: "success", force: true },
    },
    {
      op: "event",
      event: {
        type: "mr_retried",
        payload: {
          mr: original.id,
          branch: request.branch,
          reason: "conflict resolved",
          rig: request.rig.name,
        },
      },
    },
  ];
  if (request.worker !== undefined)
    operations.push({ op: "setAgent", address: request.worker.address, fields: { activeMr: original.id } });
  return { mr: original.id, outcome: "repinned", superseded: [], operations };
}

async function originalOf(ledger: Ledger, task: Bead): Promise<MergeRequest | undefined> {
  const waiting = await ledger.dependents(task.id);
  const beads = await ledger.getMany(waiting.map((edge) => edge.from));
  for (const bead of beads.values())
    if (bead.type === "merge-request" && bead.status !== "closed") return mergeRequest(bead);
  return undefined;
}

/** The convoy that the bead was slung for, else the oldest one that tracks it. */
async function convoyOf(ledger: Ledger, source: Bead): Promise<Bead | undefined> {
  const attachment = source.metadata["attachment"] as { readonly convoy_id?: unknown } | undefined;
  const tracking = (await ledger.dependents(source.id)).filter((edge) => edge.type === "tracks");
  const named = typeof attachment?.convoy_id === "string" ? [attachment.convoy_id] : [];
  const beads = await ledger.getMany([...named, ...tracking.map((edge) => edge.from)]);
  const convoys = [...beads.values()].filter((bead) => bead.type === "convoy");
  return (
    convoys.find((bead) => bead.id === named[0]) ??
    convoys.toSorted((one, other) => one.createdAt - other.createdAt)[0]
  );
}

/** `<prefix>-mr-<5 base36>`, not in use (spec/05 §1.1). */
async function freshId(sources: SubmissionSources, prefix: string): Promise<BeadId> {
  for (;;) {
    const id = `${prefix}-mr-${randomWord(sources.random, 5)}`;
    if ((await sources.ledger.get(id)) === undefined) return id;
  }
}
