import { resolveCommit } from "../../core/git/branch.ts";
import { fetchOrigin } from "../../core/git/repository.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { leaveRun } from "../../core/merge/change-mr.ts";
import type { MergeRequest } from "../../core/merge/merge-request.ts";
import { openRequests } from "../../core/merge/open-requests.ts";
import { finalise } from "./finalise.ts";
import { hasOrigin, placeOf, targetCommit } from "./push-target.ts";
import type { QueueContext } from "./queue-context.ts";
import { findLanded } from "./reconcile.ts";
import { rejecting } from "./end-request.ts";

export interface RetryOptions {
  /** Forgets the attempts and conflicts so far. */
  readonly reset?: "reset";
  /** Keeps the submitted commit instead of taking the branch's present head. */
  readonly head?: "same";
}

export interface RetryReport {
  readonly from: string;
  readonly to: string;
  /** It still waits for a blocker. */
  readonly isBlocked: boolean;
}

/** Back to the queue with the branch's present head (spec/05 §1.2 transition 10). `E_NOT_FAILED`, `E_MR_CLOSED`. */
export async function retryRequest(
  context: QueueContext,
  mr: MergeRequest,
  options: RetryOptions = {},
): Promise<RetryReport> {
  const { ledger } = context.access;
  if (mr.status === "closed")
    throw new GtError("E_MR_CLOSED", `${mr.id} is closed: ${mr.closeReason || "done"}`, {
      hint: "gt mq submit",
    });
  const waiting = (await openRequests(ledger, context.rig)).find((request) => request.mr.id === mr.id);
  const isBlocked = (waiting?.blockedBy.length ?? 0) > 0;
  const isDone = mr.phase === "running" || (mr.phase === "ready" && !isBlocked);
  if (isDone)
    throw new GtError("E_NOT_FAILED", `${mr.id} is ${mr.phase}: there is nothing to try again`, {
      hint: `gt mq status ${mr.id}`,
    });
  const to = options.head === "same" ? mr.commitSha : await presentHead(context, mr);
  const operations: Operation[] = [
    ...leaveRun(mr, {
      commit_sha: to,
      ...(isBlocked ? {} : { phase: "ready", phase_reason: null, carried: true }),
      hold_until: null,
      crashes: null,
      ...(options.reset === undefined ? {} : { fix_attempts: 0, retry_count: 0 }),
    }),
    {
      op: "event",
      event: {
        type: "mr_retried",
        payload: { mr: mr.id, branch: mr.branch, reason: "by hand", rig: context.rig.name },
      },
    },
  ];
  // Its issue was open for somebody else to work on; now this request answers for it again.
  const source = mr.sourceIssue === "" ? undefined : await ledger.get(mr.sourceIssue);
  if (source !== undefined && source.status === "open" && source.metadata["awaiting_merge"] === undefined)
    operations.push({
      op: "update",
      id: source.id,
      fields: { status: "in_progress", metadata: { awaiting_merge: mr.id } },
    });
  await ledger.write(context.access.actor, operations);
  return { from: mr.commitSha, to, isBlocked };
}

async function presentHead(context: QueueContext, mr: MergeRequest): Promise<string> {
  const { repository } = context.rig;
  if (await hasOrigin(repository)) await fetchOrigin(repository, { timeoutMs: 120_000 }).catch(() => {});
  const remote = await resolveCommit(repository, `refs/remotes/origin/${mr.branch}`);
  const local = await resolveCommit(repository, `refs/heads/${mr.branch}`);
  return remote ?? local ?? mr.commitSha;
}

/**
 * Takes a request out of the queue (spec/05 §1.2 transition 11). A running one is withdrawn: its run drops it at the next
 * step. `E_MR_CLOSED`, `E_ALREADY_MERGED`.
 */
export async function rejectRequest(
  context: QueueContext,
  mr: MergeRequest,
  reason: string,
): Promise<"rejected" | "withdrawn"> {
  const { ledger, actor } = context.access;
  if (mr.closeReason === "merged")
    throw new GtError("E_ALREADY_MERGED", `${mr.id} is merged as ${mr.mergeCommit.slice(0, 12)}`, {
      hint: `git revert ${mr.mergeCommit.slice(0, 12)}`,
    });
  if (mr.status === "closed")
    throw new GtError("E_MR_CLOSED", `${mr.id} is closed: ${mr.closeReason}`, {
      hint: `gt mq status ${mr.id}`,
    });
  if ((await landedCommit(context, mr)) !== undefined)
    throw new GtError("E_ALREADY_MERGED", `${mr.id} is on its target already`, {
      hint: `gt mq post-merge ${mr.id}`,
    });
  if (mr.phase === "running") {
    await ledger.write(actor, [
      { op: "expect", id: mr.id, expected: { rev: mr.rev } },
      {
        op: "update",
        id: mr.id,
        fields: { metadata: { mr: { withdrawn: { as: "rejected", reason, by: actor } } } },
      },
    ]);
    return "withdrawn";
  }
  await ledger.write(actor, await rejecting(context, mr, { as: "rejected", reason }));
  return "rejected";
}

/** The commit as which the request is on its target, after a look at the remote. */
async function landedCommit(
  context: QueueContext,
  mr: MergeRequest,
): Promise<{ readonly commit: string; readonly target: string } | undefined> {
  const { rig } = context;
  if (await hasOrigin(rig.repository))
    await fetchOrigin(rig.repository, { timeoutMs: 120_000 }).catch(() => {});
  const target = mr.target || rig.defaultBranch;
  const head = await targetCommit(rig, await placeOf(rig, target, context.settings));
  if (head === undefined) return undefined;
  const commit = (await findLanded(rig.repository, head, [mr])).get(mr.id);
  return commit === undefined ? undefined : { commit, target };
}

export interface PostMergeOptions {
  /** Says as which commit it landed; the target must contain it. */
  readonly commit?: string;
  readonly skipBranch?: "skip-branch";
  readonly force?: "force";
}

/** Finalises by hand what is on its target (spec/05 §4.1 post-merge). `E_NOT_LANDED`. Returns the commit. */
export async function postMerge(
  context: QueueContext,
  mr: MergeRequest,
  options: PostMergeOptions,
): Promise<string> {
  const target = mr.target || context.rig.defaultBranch;
  const commit = await provenCommit(context, mr, options);
  if (commit === undefined)
    throw new GtError("E_NOT_LANDED", `${mr.id} is not on ${target}`, { hint: `gt mq process` });
  const landing = {
    commit,
    target,
    by: "post-merge" as const,
    ...(options.skipBranch === undefined ? {} : { skipBranch: options.skipBranch }),
  };
  await finalise(context, new Map([[mr.id, landing]]));
  return commit;
}

async function provenCommit(
  context: QueueContext,
  mr: MergeRequest,
  options: PostMergeOptions,
): Promise<string | undefined> {
  const { repository } = context.rig;
  const landed = await landedCommit(context, mr);
  if (landed !== undefined) return landed.commit;
  const named = options.commit === undefined ? undefined : await resolveCommit(repository, options.commit);
  if (named !== undefined) {
    const probe: MergeRequest = { ...mr, landingSha: named };
    if ((await landedCommit(context, probe)) !== undefined) return named;
  }
  return options.force === undefined ? undefined : (named ?? mr.commitSha);
}
