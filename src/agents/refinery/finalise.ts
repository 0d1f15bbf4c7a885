import { checkConvoys } from "../../core/convoys/landing.ts";
import { crashPoint } from "../../core/crash-point.ts";
import { deleteBranch, resolveCommit } from "../../core/git/branch.ts";
import { askGit, runGit } from "../../core/git/git.ts";
import { deleteRemoteBranch } from "../../core/git/push.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { type MergeRequest, mergeRequest } from "../../core/merge/merge-request.ts";
import { hasOrigin } from "./push-target.ts";
import type { QueueContext } from "./queue-context.ts";

export interface Landing {
  /** Commit under which it is on the target. */
  readonly commit: string;
  readonly target: string;
  readonly by: "queue" | "external" | "pr" | "post-merge";
  readonly run?: string;
  readonly skipBranch?: "skip-branch";
}

/**
 * Ends a merge request whose change is on its target (spec/05 §2.9). Its first step is one transaction and makes the
 * outcome final; every step may be repeated after a crash.
 */
export async function finalise(context: QueueContext, id: string, landing: Landing): Promise<void> {
  const { ledger, clock } = context.access;
  const bead = await ledger.get(id);
  if (bead === undefined) return;
  const mr = mergeRequest(bead);
  if (mr.status !== "closed") {
    const operations = await closing(context, mr, landing);
    await ledger.write(context.actor, operations);
    context.tell(`✓ merged ${mr.sourceIssue || mr.id} (${mr.branch} -> ${landing.target})`);
  } else if (mr.closeReason !== "merged") return;
  crashPoint("mq.closed");
  if (mr.sourceIssue !== "") await checkConvoys(ledger, context.actor, clock.now(), { bead: mr.sourceIssue });
  if (landing.skipBranch === undefined) await cleanUpBranch(context, mr);
  crashPoint("mq.cleaned");
}

async function closing(
  context: QueueContext,
  mr: MergeRequest,
  landing: Landing,
): Promise<readonly Operation[]> {
  const { ledger } = context.access;
  const rig = context.rig.name;
  const operations: Operation[] = [
    { op: "expect", id: mr.id, expected: { rev: mr.rev } },
    {
      op: "update",
      id: mr.id,
      fields: {
        assignee: "",
        metadata: {
          mr: {
            phase: "closed",
            phase_reason: null,
            hold_until: null,
            withdrawn: null,
            run: null,
            merge_commit: landing.commit,
            close_reason: "merged",
            landed_by: landing.by,
          },
        },
      },
    },
    { op: "close", id: mr.id, close: { reason: "merged", outcome: "success", force: true } },
  ];
  const source = mr.sourceIssue === "" ? undefined : await ledger.get(mr.sourceIssue);
  // A newer submission of the same issue is on its way: only that one ends the issue.
  const isLast = [undefined, "", mr.id].includes(source?.metadata["awaiting_merge"] as string | undefined);
  if (source !== undefined && source.status !== "closed" && isLast) {
    operations.push({
      op: "update",
      id: source.id,
      fields: { metadata: { awaiting_merge: null, prior_branch: null, prior_failure: null } },
    });
    if (mr.uncheckedCriteria > 0)
      operations.push(
        { op: "addLabel", id: source.id, label: "gt:unchecked-criteria" },
        {
          op: "comment",
          id: source.id,
          text: `merged with ${mr.uncheckedCriteria} unchecked acceptance criteria`,
        },
      );
    operations.push({
      op: "close",
      id: source.id,
      close: { reason: `Merged in ${mr.id}`, outcome: "success", force: true },
    });
  }
  operations.push(...(await freeAgent(context, mr, "merged")));
  if (mr.conflictTaskId !== "")
    operations.push(...(await endConflictTask(context, mr, `${mr.id} was merged`)));
  operations.push({
    op: "event",
    event: {
      type: "merged",
      payload: {
        mr: mr.id,
        bead: mr.sourceIssue,
        branch: mr.branch,
        worker: mr.worker,
        commit: landing.commit,
        target: landing.target,
        rig,
        ...(landing.run === undefined ? {} : { batch: landing.run }),
      },
    },
  });
  return operations;
}

/** The agent's hook is history once its request has ended, unless it has a new assignment already. */
export async function freeAgent(
  context: QueueContext,
  mr: MergeRequest,
  reason: string,
): Promise<readonly Operation[]> {
  if (mr.agentAddress === "") return [];
  const agent = await context.access.ledger.agent(mr.agentAddress);
  if (agent?.activeMr !== mr.id) return [];
  const isArchived = agent.hookState === "completed";
  const operations: Operation[] = [
    {
      op: "expectAgent",
      address: agent.address,
      expected: { activeMr: agent.activeMr, hookState: agent.hookState },
    },
    {
      op: "setAgent",
      address: agent.address,
      fields: { activeMr: null, ...(isArchived ? { hookState: "archived" as const } : {}) },
    },
  ];
  if (isArchived)
    operations.push({
      op: "event",
      event: {
        type: "hook_archived",
        visibility: "audit",
        payload: {
          agent: agent.address,
          bead: mr.sourceIssue,
          seq: agent.hookSeq,
          reason,
          rig: context.rig.name,
        },
      },
    });
  return operations;
}

export async function endConflictTask(
  context: QueueContext,
  mr: MergeRequest,
  reason: string,
): Promise<readonly Operation[]> {
  const task = await context.access.ledger.get(mr.conflictTaskId);
  if (task === undefined || task.status === "closed") return [];
  return [
    { op: "close", id: task.id, close: { reason: `not needed: ${reason}`, outcome: "skipped", force: true } },
  ];
}

/**
 * Deletes what a landed branch leaves behind, unless it has grown since it was submitted or somebody has it checked out
 * (spec/05 §2.9 step 3). Only `polecat/*` branches are ours on the remote.
 */
async function cleanUpBranch(context: QueueContext, mr: MergeRequest): Promise<void> {
  const { rig, settings } = context;
  const isOurs = mr.branch.startsWith("polecat/");
  if (mr.branch === "" || !(isOurs || settings.deleteMergedBranches)) return;
  const repository = rig.repository;
  if (isOurs && (await hasOrigin(repository))) {
    const tracking = `refs/remotes/origin/${mr.branch}`;
    const there = await resolveCommit(repository, tracking);
    if (there !== undefined) {
      const result = await deleteRemoteBranch(repository, "origin", mr.branch, mr.commitSha).catch(
        () => undefined,
      );
      if (result?.result === "pushed") {
        await askGit(repository, ["update-ref", "-d", tracking]);
        await observe(context, "branch_deleted", { branch: mr.branch, mr: mr.id });
      } else if (result !== undefined)
        await observe(context, "branch_kept", { branch: mr.branch, mr: mr.id, reason: result.result });
    }
  }
  if (await isCheckedOut(repository, mr.branch)) return;
  const local = await resolveCommit(repository, `refs/heads/${mr.branch}`);
  if (local === undefined) return;
  const isGone = await deleteBranch(repository, mr.branch, mr.commitSha);
  if (!isGone) await observe(context, "branch_kept", { branch: mr.branch, mr: mr.id, reason: "moved" });
}

async function isCheckedOut(repository: string, branch: string): Promise<boolean> {
  const list = await runGit(repository, ["worktree", "list", "--porcelain"]);
  return list.split("\n").includes(`branch refs/heads/${branch}`);
}

/** An event that reports no change of the ledger. */
export async function observe(
  context: QueueContext,
  type: string,
  payload: Readonly<Record<string, unknown>>,
): Promise<void> {
  await context.access.ledger.write(context.actor, [
    {
      op: "event",
      event: { type, visibility: "audit", payload: { ...payload, rig: context.rig.name } },
    },
  ]);
}
