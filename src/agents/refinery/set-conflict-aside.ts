import { formatTime } from "../../core/clock.ts";
import { namedBead } from "../../core/ledger/named-bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { tellingRole } from "../../core/mail/role-message.ts";
import { leaveRun } from "../../core/merge/change-mr.ts";
import type { MergeRequest } from "../../core/merge/merge-request.ts";
import { openConflictTasks, openRequests } from "../../core/merge/open-requests.ts";
import { conflictTaskLabel } from "../../core/merge/submit.ts";
import { enqueueSling } from "../../core/scheduler/sling-context.ts";
import { release } from "./end-request.ts";
import type { QueueContext } from "./queue-context.ts";
import { rebaseBranch } from "./rebase-branch.ts";
import { quarantining, readRequest, redispatch, requestFacts } from "./set-aside.ts";

/**
 * It conflicts with the target: somebody has to resolve it (spec/05 §2.10). A `shell` worker only repeats its script, so
 * it does its work again on the new target instead.
 */
export async function setConflictAside(
  context: QueueContext,
  conflict: { readonly id: string; readonly kind: "conflict" | "not_ff"; readonly files: readonly string[] },
  base: string,
): Promise<"blocked" | "held" | "again" | "quarantined" | "gone"> {
  const { ledger } = context.access;
  const mr = await readRequest(context, conflict.id);
  if (mr === undefined || mr.status === "closed") return "gone";
  const { settings, rig } = context;
  const requests = await openRequests(ledger, rig);
  const target = mr.target || rig.defaultBranch;
  const others = openConflictTasks(requests, target).filter((task) => task !== mr.conflictTaskId);
  const worker = mr.agentAddress === "" ? undefined : await ledger.agent(mr.agentAddress);
  const retries = mr.retryCount + 1;
  const reason =
    conflict.kind === "not_ff" ? "not a fast-forward" : `conflict in ${conflict.files.join(", ")}`;
  if (
    conflict.kind === "conflict" &&
    settings.onConflict === "auto_rebase" &&
    retries < settings.maxRetryCount
  ) {
    const head = await rebaseBranch(context, mr, base);
    if (head !== undefined) {
      await release(context, [mr.id], mr.run, "rebased");
      await repinAfterRebase(context, mr.id, head, retries);
      context.tell(`↻ rebased ${mr.branch}`);
      return "again";
    }
  }
  const found: Operation = {
    op: "event",
    event: { type: "merge_conflict", payload: { ...requestFacts(context, mr), files: conflict.files } },
  };
  const told = tellWitness(context, mr, target, conflict.files);
  const change = (fields: Readonly<Record<string, unknown>>) =>
    leaveRun(mr, { carried: null, last_conflict_sha: base, ...fields });

  if (retries >= settings.maxRetryCount) {
    await ledger.write(context.actor, [
      ...change({ phase: "quarantined", phase_reason: reason, retry_count: retries }),
      found,
      ...(await quarantining(context, mr, `${retries} conflicts`, reason)),
    ]);
    return "quarantined";
  }
  if (worker?.runtime === "shell" && mr.sourceIssue !== "") {
    await ledger.write(context.actor, [
      ...change({ phase: "needs_fix", phase_reason: reason, retry_count: retries }),
      found,
      ...told,
      ...(await redispatch(context, mr, "conflict", reason, "afresh")),
    ]);
    context.tell(`⚠ ${mr.branch}: ${reason}; the work is done again`);
    return "again";
  }
  if (others.length >= Math.max(1, settings.maxConflictTasks)) {
    if (mr.phase === "held" && mr.phaseReason === "conflict_slot" && mr.lastConflictSha === base)
      return "held";
    await ledger.write(context.actor, change({ phase: "held", phase_reason: "conflict_slot" }));
    return "held";
  }
  const source = mr.sourceIssue === "" ? undefined : await ledger.get(mr.sourceIssue);
  const about = source?.title ?? mr.branch;
  const task = conflictTask(context, mr, { target, base, files: conflict.files, retries, reason, about });
  await ledger.write(context.actor, [
    ...task.operations,
    ...change({
      phase: "blocked",
      phase_reason: reason,
      retry_count: retries,
      conflict_task_id: namedBead("task"),
    }),
    { op: "addDependency", edge: { from: mr.id, to: "$task", type: "blocks" } },
    found,
    ...told,
    {
      op: "event",
      event: {
        type: "conflict_task_created",
        payload: { mr: mr.id, bead: namedBead("task"), branch: mr.branch, rig: rig.name },
      },
    },
    ...enqueueSling(
      {
        bead: namedBead("task"),
        rig: rig.name,
        reason: "conflict",
        enqueued_at: context.access.clock.now(),
        base_branch: target,
        formula: "mol-polecat-conflict-resolve",
        vars: { task: namedBead("task"), original_mr: mr.id, branch: mr.branch, base_branch: target },
      },
      task.title,
    ),
  ]);
  context.tell(`⚠ ${mr.branch}: ${reason}; created a conflict task`);
  return "blocked";
}

/** Somebody has to bring the branch onto the target as it is now (spec/06 §5.2). */
function tellWitness(
  context: QueueContext,
  mr: MergeRequest,
  target: string,
  files: readonly string[],
): readonly Operation[] {
  const rig = context.rig.name;
  return tellingRole(context.access, {
    ...{ from: context.actor, to: `${rig}/witness`, subject: `REWORK_REQUEST ${mr.worker || mr.id}`, rig },
    values: {
      ...{ Branch: mr.branch, Polecat: mr.worker, Rig: rig, Issue: mr.sourceIssue, Target: target },
      "Requested-At": formatTime(context.access.clock.now()),
      "Conflict-Files": files.join(", "),
    },
    type: "task",
    text: [
      `1. git fetch origin && git checkout ${mr.branch}`,
      `2. git rebase origin/${target}, and resolve the conflicts`,
      "3. Run the gates of the rig.",
      `4. git push --force-with-lease origin ${mr.branch}, then gt mq retry ${mr.id}`,
    ].join("\n"),
  });
}

async function repinAfterRebase(
  context: QueueContext,
  id: string,
  head: string,
  retries: number,
): Promise<void> {
  await context.access.ledger.write(context.actor, [
    {
      op: "update",
      id,
      fields: { metadata: { mr: { commit_sha: head, retry_count: retries, landing_sha: null } } },
    },
  ]);
}

interface ConflictFacts {
  readonly target: string;
  readonly base: string;
  readonly files: readonly string[];
  readonly retries: number;
  readonly reason: string;
  /** Title of the source issue. */
  readonly about: string;
}

function conflictTask(
  context: QueueContext,
  mr: MergeRequest,
  { target, base, files, retries, reason, about }: ConflictFacts,
): { readonly title: string; readonly operations: readonly Operation[] } {
  const title = `Resolve merge conflicts: ${about}`.slice(0, 500);
  const description = [
    `Original MR: ${mr.id}`,
    `Branch: ${mr.branch}`,
    `Conflict with: ${target}@${base.slice(0, 8)}`,
    `Original issue: ${mr.sourceIssue}`,
    `Retry count: ${retries}`,
    `Files: ${files.join(", ")}`,
    "",
    `The branch cannot be merged (${reason}). Bring its change onto the target as it is now:`,
    "",
    `1. Start from the branch: git checkout -B "$(git branch --show-current)" ${mr.commitSha}`,
    `2. git rebase origin/${target}, and resolve each conflict so that both changes keep their meaning.`,
    "3. Run the project's tests.",
    "4. gt done: the original request continues with your result. Do not push to the target.",
  ].join("\n");
  return {
    title,
    operations: [
      {
        op: "create",
        as: "task",
        bead: {
          title,
          description,
          scope: context.rig.name,
          type: "task",
          priority: mr.priority,
          labels: [conflictTaskLabel],
          metadata: { prior_branch: mr.branch, prior_head: mr.commitSha, original_mr: mr.id },
        },
      },
    ],
  };
}
