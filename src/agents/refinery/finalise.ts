import { formatTime } from "../../core/clock.ts";
import { checkConvoys } from "../../core/convoys/landing.ts";
import { clearCounter } from "../../core/convoys/mountain.ts";
import { crashPoint } from "../../core/crash-point.ts";
import { deleteBranch } from "../../core/git/branch.ts";
import { askGit, runGit } from "../../core/git/git.ts";
import { allBranches } from "../../core/git/stack.ts";
import type { BeadId } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { tellingRole } from "../../core/mail/role-message.ts";
import { endRequest } from "../../core/merge/change-mr.ts";
import { type MergeRequest, mergeRequest } from "../../core/merge/merge-request.ts";
import { assignmentEvent } from "../lifecycle/assignment-event.ts";
import { lookAgain } from "./look-again.ts";
import type { QueueContext } from "./queue-context.ts";
import { tellAgent } from "./tell-agent.ts";

export interface Landing {
  /** Commit under which it is on the target. */
  readonly commit: string;
  readonly target: string;
  readonly by: "queue" | "external" | "pr" | "post-merge";
  readonly run?: string;
  readonly skipBranch?: "skip-branch";
}

/**
 * Ends merge requests whose changes are on their target (spec/05 §2.9). The transaction of each makes its outcome final;
 * everything after it may be repeated after a crash.
 */
export async function finalise(context: QueueContext, landings: ReadonlyMap<BeadId, Landing>): Promise<void> {
  const { ledger, clock } = context.access;
  const ended: MergeRequest[] = [];
  for (const [id, landing] of landings) {
    const mr = await conclude(context, id, landing);
    if (mr === undefined) continue;
    crashPoint("mq.closed");
    if (mr.sourceIssue !== "")
      await checkConvoys(ledger, context.actor, clock.now(), { bead: mr.sourceIssue });
    if (landing.skipBranch === undefined) ended.push(mr);
  }
  await cleanUpBranches(context, [...ended, ...(await supersededBy(context, ended))]);
  crashPoint("mq.cleaned");
}

/** Earlier requests for the same issues: what they wanted has landed, so that nobody needs their branches. */
async function supersededBy(
  context: QueueContext,
  landed: readonly MergeRequest[],
): Promise<readonly MergeRequest[]> {
  const branches = new Set(landed.map((mr) => mr.branch));
  const found: MergeRequest[] = [];
  for (const { sourceIssue } of landed) {
    if (sourceIssue === "") continue;
    const earlier = await context.access.ledger.find({
      type: "merge-request",
      status: "closed",
      metadata: { "mr.source_issue": sourceIssue },
    });
    found.push(...earlier.map(mergeRequest).filter((mr) => mr.closeReason === "superseded"));
  }
  return found.filter((mr) => mr.branch.startsWith("polecat/") && !branches.has(mr.branch));
}

/** Closes the request in one transaction; undefined when it ended for another reason before. */
async function conclude(
  context: QueueContext,
  id: BeadId,
  landing: Landing,
): Promise<MergeRequest | undefined> {
  const { ledger } = context.access;
  return lookAgain(async () => {
    const bead = await ledger.get(id);
    if (bead === undefined) return undefined;
    const mr = mergeRequest(bead);
    if (mr.status === "closed") return mr.closeReason === "merged" ? mr : undefined;
    await ledger.write(context.actor, await closing(context, mr, landing));
    context.tell(`✓ merged ${mr.sourceIssue || mr.id} (${mr.branch} -> ${landing.target})`);
    await tellAgent(context, "mayor/", `MERGED: ${mr.id} issue=${mr.sourceIssue} branch=${mr.branch}`);
    return mr;
  });
}

async function closing(
  context: QueueContext,
  mr: MergeRequest,
  landing: Landing,
): Promise<readonly Operation[]> {
  const { ledger } = context.access;
  const rig = context.rig.name;
  const operations: Operation[] = [
    ...endRequest(
      mr,
      "merged",
      { reason: "merged", outcome: "success" },
      { merge_commit: landing.commit, landed_by: landing.by },
    ),
  ];
  const source = mr.sourceIssue === "" ? undefined : await ledger.get(mr.sourceIssue);
  // A newer submission of the same issue is on its way: only that one ends the issue.
  const isLast = [undefined, "", mr.id].includes(source?.metadata["awaiting_merge"] as string | undefined);
  if (source !== undefined && source.status !== "closed" && isLast) {
    operations.push(...clearCounter(source), {
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
  const mergedAt = formatTime(context.access.clock.now());
  operations.push(
    ...tellingRole(context.access, {
      ...{ from: context.actor, to: `${rig}/witness`, subject: `MERGED ${mr.worker || mr.id}`, rig },
      values: {
        ...{ Branch: mr.branch, Polecat: mr.worker, Rig: rig, Issue: mr.sourceIssue, Target: landing.target },
        ...{ "Merged-At": mergedAt, "Merge-Commit": landing.commit },
      },
    }),
    ...(mr.convoyId === ""
      ? []
      : tellingRole(context.access, {
          ...{ from: context.actor, to: "deacon/", subject: `CONVOY_NEEDS_FEEDING ${mr.convoyId}`, rig },
          values: { ConvoyID: mr.convoyId, Rig: rig, SourceIssue: mr.sourceIssue, "Merged-At": mergedAt },
        })),
  );
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
  if (isArchived) operations.push(assignmentEvent(agent, "archived", { bead: mr.sourceIssue, reason }));
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
 * Deletes what landed branches leave behind, unless they have grown since they were submitted or somebody has them
 * checked out (spec/05 §2.9 step 3). Only `polecat/*` branches are ours on the remote.
 */
async function cleanUpBranches(context: QueueContext, landed: readonly MergeRequest[]): Promise<void> {
  const { rig, settings } = context;
  const { repository } = rig;
  const ours = landed.filter(
    (mr) => mr.branch !== "" && (mr.branch.startsWith("polecat/") || settings.deleteMergedBranches),
  );
  if (ours.length === 0) return;
  const refs = await allBranches(repository);
  const remote = ours.filter(
    (mr) => mr.branch.startsWith("polecat/") && refs.has(`refs/remotes/origin/${mr.branch}`),
  );
  const events: Operation[] = [];
  const gone = await deleteOnRemote(repository, remote);
  for (const mr of remote) events.push(branchEvent(context, mr, gone.has(mr.branch)));

  const local = ours.filter((mr) => refs.has(`refs/heads/${mr.branch}`));
  const checkedOut = local.length === 0 ? new Set<string>() : await checkedOutBranches(repository);
  for (const mr of local) {
    if (checkedOut.has(mr.branch)) continue;
    const isGone = await deleteBranch(repository, mr.branch, mr.commitSha);
    if (!isGone) events.push(branchEvent(context, mr, false));
  }
  if (events.length > 0) await context.access.ledger.write(context.actor, events);
}

/** Deletes with one push; each branch only where it was submitted. Returns the names that are gone. */
async function deleteOnRemote(
  repository: string,
  requests: readonly MergeRequest[],
): Promise<ReadonlySet<string>> {
  if (requests.length === 0) return new Set();
  const answer = await askGit(
    repository,
    [
      "push",
      "--no-verify",
      "--porcelain",
      ...requests.map((mr) => `--force-with-lease=refs/heads/${mr.branch}:${mr.commitSha}`),
      "--end-of-options",
      "origin",
      ...requests.map((mr) => `:refs/heads/${mr.branch}`),
    ],
    { timeoutMs: 120_000, env: { GT_REFINERY: "1" } },
  ).catch(() => undefined);
  const gone = new Set(
    (answer?.stdout ?? "")
      .split("\n")
      .filter((line) => line.startsWith("-\t:refs/heads/"))
      .map((line) => line.slice("-\t:refs/heads/".length).split("\t")[0] ?? ""),
  );
  const tracking = [...gone].map((branch) => `delete refs/remotes/origin/${branch}\n`).join("");
  if (tracking !== "") await askGit(repository, ["update-ref", "--stdin"], { input: tracking });
  return gone;
}

/** Branches that some worktree has checked out: whoever is there would find it changed under them. */
export async function checkedOutBranches(repository: string): Promise<ReadonlySet<string>> {
  const list = await runGit(repository, ["worktree", "list", "--porcelain"]);
  const start = "branch refs/heads/";
  return new Set(
    list
      .split("\n")
      .filter((line) => line.startsWith(start))
      .map((line) => line.slice(start.length)),
  );
}

function branchEvent(context: QueueContext, mr: MergeRequest, isGone: boolean): Operation {
  return {
    op: "event",
    event: {
      type: isGone ? "branch_deleted" : "branch_kept",
      visibility: "audit",
      payload: {
        branch: mr.branch,
        mr: mr.id,
        rig: context.rig.name,
        ...(isGone ? {} : { reason: "it has moved or cannot be deleted" }),
      },
    },
  };
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
