import { formatTime } from "../../core/clock.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { endRequest, leaveRun } from "../../core/merge/change-mr.ts";
import { type MergeRequest, mergeRequest } from "../../core/merge/merge-request.ts";
import { endConflictTask, freeAgent } from "./finalise.ts";
import type { QueueContext } from "./queue-context.ts";
import { readRequest } from "./set-aside.ts";

/** Taken back while it was running, and not landed: ends for the reason that it was taken back for. */
export async function closeWithdrawn(context: QueueContext, id: string): Promise<void> {
  const mr = await readRequest(context, id);
  if (mr === undefined || mr.status === "closed" || mr.withdrawn === undefined) return;
  await context.access.ledger.write(context.actor, await rejecting(context, mr, mr.withdrawn));
}

/** Operations that end a request as rejected or superseded (spec/05 §1.2 transitions 8 and 11). */
export async function rejecting(
  context: QueueContext,
  mr: MergeRequest,
  withdrawal: { readonly as: "rejected" | "superseded"; readonly reason: string },
): Promise<readonly Operation[]> {
  const { ledger } = context.access;
  const operations: Operation[] = [
    ...endRequest(mr, withdrawal.as, {
      reason: withdrawal.as === "rejected" ? `rejected: ${withdrawal.reason}` : withdrawal.reason,
      outcome: withdrawal.as === "rejected" ? "failure" : "skipped",
    }),
    {
      op: "event",
      event: {
        type: withdrawal.as === "rejected" ? "mr_rejected" : "mr_superseded",
        payload: { mr: mr.id, branch: mr.branch, reason: withdrawal.reason, rig: context.rig.name },
      },
    },
    ...(await freeAgent(context, mr, withdrawal.as)),
  ];
  if (mr.conflictTaskId !== "")
    operations.push(...(await endConflictTask(context, mr, `${mr.id} was ${withdrawal.as}`)));
  const source = mr.sourceIssue === "" ? undefined : await ledger.get(mr.sourceIssue);
  if (withdrawal.as === "rejected" && source !== undefined && source.metadata["awaiting_merge"] === mr.id)
    operations.push({
      op: "update",
      id: source.id,
      fields: {
        ...(source.status === "closed" ? {} : { status: "open", assignee: "" }),
        metadata: { awaiting_merge: null, prior_branch: mr.branch },
      },
    });
  return operations;
}

export interface ReleaseOptions {
  /** What is held against a request that may be the reason why its run did not end well; nothing new without. */
  readonly crashes?: (mr: MergeRequest) => number;
  /** Requests that are not to be tried again before a time. */
  readonly holds?: ReadonlyMap<string, { readonly reason: string; readonly until: number }>;
}

/** Back to the queue, uncharged (spec/05 §1.2 transition 4). Requests of another run are left alone. */
export async function release(
  context: QueueContext,
  ids: readonly string[],
  run: string,
  because: string,
  options: ReleaseOptions = {},
): Promise<void> {
  const { ledger } = context.access;
  const beads = await ledger.getMany(ids);
  for (const bead of beads.values()) {
    const mr = mergeRequest(bead);
    if (mr.phase !== "running" || mr.run !== run) continue;
    const hold = options.holds?.get(mr.id);
    await ledger.write(
      context.actor,
      leaveRun(mr, {
        phase: hold === undefined ? "ready" : "held",
        phase_reason: hold?.reason ?? (because.startsWith("behind ") ? because : null),
        hold_until: hold === undefined ? null : formatTime(hold.until),
        carried: true,
        ...(options.crashes === undefined ? {} : { crashes: options.crashes(mr) }),
      }),
    );
  }
}
