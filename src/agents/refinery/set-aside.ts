import { formatTime } from "../../core/clock.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { composeFitting } from "../../core/mail/compose-fitting.ts";
import { tellingRole } from "../../core/mail/role-message.ts";
import { leaveRun } from "../../core/merge/change-mr.ts";
import { type MergeRequest, mergeRequest } from "../../core/merge/merge-request.ts";
import { enqueueSling, openContexts, type SlingReason } from "../../core/scheduler/sling-context.ts";
import { beadFailure } from "../lifecycle/count-bead-failure.ts";
import { escalation } from "./escalate.ts";
import { freeAgent } from "./finalise.ts";
import type { QueueContext } from "./queue-context.ts";
import { tellAgent } from "./tell-agent.ts";
import type { RunRecord } from "../../core/merge/run-record.ts";

/** Ends a merge request's part in the queue without landing it (spec/05 §2.10). Each function is one transaction. */

export interface Culprit {
  readonly id: string;
  readonly greenPrefix: number;
  readonly redPrefix: number;
}

/** A confirmed culprit: back to its worker, or to nobody after too many attempts. */
export async function setCulpritAside(
  context: QueueContext,
  culprit: Culprit,
  run: RunRecord,
): Promise<void> {
  const mr = await readRequest(context, culprit.id);
  if (mr === undefined || mr.run !== run.id) return;
  // The prefix's own failure: the last red of a gate that counts.
  const probe = run.probes.findLast((each) => each.prefix === culprit.redPrefix && each.verdict === "red");
  const before = culprit.greenPrefix === 0 ? "the target alone" : `the ${culprit.greenPrefix} before it`;
  await setFailureAside(context, mr, {
    type: probe?.why === "timeout" ? "timeout" : (probe?.gate ?? "gates"),
    text: probe === undefined ? "gates" : `${probe.gate}: ${probe.why ?? "failed"}`,
    log: probe?.log ?? "-",
    green: before,
    tail: probe?.tail ?? [],
    evidence: run.id,
  });
}

export interface RequestFailure {
  /** Gate, `timeout`, `review` or `ci-checks`. */
  readonly type: string;
  readonly text: string;
  readonly log?: string;
  /** What passes without the request. */
  readonly green?: string;
  readonly tail?: readonly string[];
  /** Run that explains it. */
  readonly evidence?: string;
}

/** It fails by its own fault: a gate, a required check or a reviewer says no (spec/05 §2.10, §3.3). */
export async function setFailureAside(
  context: QueueContext,
  mr: MergeRequest,
  failure: RequestFailure,
): Promise<void> {
  const { settings } = context;
  const attempt = mr.fixAttempts + 1;
  const isOver = settings.maxFixAttempts > 0 && attempt >= settings.maxFixAttempts;
  const operations: Operation[] = [
    ...leaveRun(mr, {
      phase: isOver ? "quarantined" : "needs_fix",
      phase_reason: failure.text,
      fix_attempts: attempt,
      evidence: failure.evidence ?? null,
      carried: null,
    }),
    {
      op: "event",
      event: {
        type: "merge_failed",
        payload: { ...requestFacts(context, mr), reason: failure.text, kind: failure.type, attempt },
      },
    },
  ];
  if (mr.sourceIssue !== "")
    operations.push({ op: "comment", id: mr.sourceIssue, text: evidenceText(mr, failure, attempt) });
  operations.push(...tellWitness(context, mr, failure));
  const worker = settings.onFailure === "assign_back" ? await reachableWorker(context, mr) : undefined;
  const body = fixNeeded(context, mr, failure, attempt);
  if (isOver)
    operations.push(...(await quarantining(context, mr, `${attempt} failed attempts`, failure.text)));
  else if (settings.onFailure === "hold") operations.push(...message("mayor/", context, mr, body));
  else if (worker !== undefined) operations.push(...message(worker, context, mr, body));
  else operations.push(...(await redispatch(context, mr, "rework", failure.text, "on-prior-branch")));
  if (mr.sourceIssue !== "")
    operations.push(...(await beadFailure(context.access, mr.sourceIssue, failure.text)));
  await context.access.ledger.write(context.actor, operations);
  context.tell(`✗ set aside ${mr.sourceIssue || mr.id} (${mr.branch}): ${failure.text}`);
  if (worker !== undefined && !isOver)
    await tellAgent(context, worker, `FIX_NEEDED ${mr.worker}: ${failure.text} (${mr.id}); read your mail`);
  await tellAgent(
    context,
    "mayor/",
    `MERGE_FAILED: ${mr.id} issue=${mr.sourceIssue} branch=${mr.branch} type=${failure.type}`,
  );
}

/** The worker, if it is there and free or still on this very bead (spec/05 §2.10 assign_back). */
async function reachableWorker(context: QueueContext, mr: MergeRequest): Promise<string | undefined> {
  const { ledger } = context.access;
  const agent = mr.agentAddress === "" ? undefined : await ledger.agent(mr.agentAddress);
  if (agent === undefined || (agent.hookBead !== "" && agent.hookBead !== mr.sourceIssue)) return undefined;
  try {
    const host = await context.access.host({ start: false });
    const sessions = await host.list();
    const isAlive = sessions.some((each) => each.actor === agent.address && each.phase !== "exited");
    return isAlive ? agent.address : undefined;
  } catch {
    return undefined; // without a host there are no sessions
  }
}

function evidenceText(mr: MergeRequest, failure: RequestFailure, attempt: number): string {
  return [
    `Not merged (attempt ${attempt}): ${failure.text}`,
    `Failure-Type: ${failure.type}`,
    `MR-Bead-ID: ${mr.id}`,
    `Branch: ${mr.branch}`,
    ...(failure.green === undefined ? [] : [`Green without it: ${failure.green}`]),
    ...(failure.log === undefined ? [] : [`Log: ${failure.log}`]),
    "",
    ...(failure.tail ?? []).slice(-20),
  ].join("\n");
}

function fixNeeded(
  context: QueueContext,
  mr: MergeRequest,
  failure: RequestFailure,
  attempt: number,
): string {
  return [
    `Branch: ${mr.branch}`,
    `Issue: ${mr.sourceIssue}`,
    `Polecat: ${mr.worker}`,
    `Rig: ${context.rig.name}`,
    `Target: ${mr.target || context.rig.defaultBranch}`,
    `Failed-At: ${formatTime(context.access.clock.now())}`,
    `Failure-Type: ${failureWord(failure)}`,
    `Error: ${failure.text}`,
    `MR-Bead-ID: ${mr.id}`,
    `Attempt-Number: ${attempt}`,
    "",
    ...(failure.tail ?? []),
  ].join("\n");
}

/** What the worker's Witness is told; the work goes back to the worker without it (spec/04 §9.4). */
function tellWitness(context: QueueContext, mr: MergeRequest, failure: RequestFailure): readonly Operation[] {
  const rig = context.rig.name;
  return tellingRole(context.access, {
    ...{ from: context.actor, to: `${rig}/witness`, subject: `MERGE_FAILED ${mr.worker || mr.id}`, rig },
    values: {
      ...{ Branch: mr.branch, Polecat: mr.worker, Rig: rig, Issue: mr.sourceIssue },
      Target: mr.target || context.rig.defaultBranch,
      "Failed-At": formatTime(context.access.clock.now()),
      "Failure-Type": failureWord(failure),
      Error: failure.text,
    },
  });
}

/** The protocol has its own word for the test gate (spec/05 §2.10). */
const failureWord = ({ type }: RequestFailure): string => (type === "test" ? "tests" : type);

function message(to: string, context: QueueContext, mr: MergeRequest, body: string): readonly Operation[] {
  return composeFitting(
    {
      ...{
        from: context.actor,
        to: [to],
        subject: `FIX_NEEDED ${mr.worker || mr.id}`,
        body,
        priority: 1,
        type: "task",
      },
      metadata: { refinery: { mr: mr.id } },
    },
    context.access.random,
  ).operations;
}

/** Opens the source issue again and queues it for dispatch. */
export async function redispatch(
  context: QueueContext,
  mr: MergeRequest,
  reason: SlingReason,
  failure: string,
  start: "on-prior-branch" | "afresh",
): Promise<readonly Operation[]> {
  const { ledger, clock } = context.access;
  const source = mr.sourceIssue === "" ? undefined : await ledger.get(mr.sourceIssue);
  if (source === undefined) return [];
  const operations: Operation[] = [];
  if (source.status === "closed")
    operations.push({ op: "reopen", id: source.id, reason: `not merged: ${failure}` });
  operations.push(
    {
      op: "update",
      id: source.id,
      fields: {
        status: "open",
        assignee: "",
        metadata: {
          awaiting_merge: null,
          prior_branch: start === "on-prior-branch" ? mr.branch : null,
          prior_failure: failure,
        },
      },
    },
    ...(await freeAgent(context, mr, failure)),
  );
  const { contexts } = await openContexts(ledger, source.id);
  if (contexts.length === 0)
    operations.push(
      ...enqueueSling(
        {
          bead: source.id,
          rig: context.rig.name,
          reason,
          enqueued_at: clock.now(),
          ...(mr.agentAddress === "" ? {} : { prefer_agent: mr.agentAddress }),
        },
        source.title,
      ),
    );
  return operations;
}

export async function quarantining(
  context: QueueContext,
  mr: MergeRequest,
  reason: string,
  detail: string,
): Promise<readonly Operation[]> {
  return [
    {
      op: "event",
      event: {
        type: "mr_quarantined",
        payload: { mr: mr.id, branch: mr.branch, reason, rig: context.rig.name },
      },
    },
    ...(await escalation(context, {
      severity: "high",
      topic: `quarantine:${mr.id}`,
      title: `Merge request ${mr.id} is quarantined: ${reason}`,
      reason: `${mr.branch} (${mr.sourceIssue || "no issue"}, worker ${mr.worker || "unknown"}): ${detail}. gt mq status ${mr.id}; then gt mq retry or gt mq reject`,
      related: mr.id,
    })),
  ];
}

/** Automation gives up: only `gt mq retry` or `gt mq reject` moves it again. */
export async function quarantine(
  context: QueueContext,
  id: string,
  reason: string,
  detail: string,
): Promise<void> {
  const mr = await readRequest(context, id);
  if (mr === undefined || mr.status === "closed" || mr.phase === "quarantined") return;
  await context.access.ledger.write(context.actor, [
    ...leaveRun(mr, { phase: "quarantined", phase_reason: reason, carried: null }),
    ...(await quarantining(context, mr, reason, detail)),
  ]);
  context.tell(`⛔ quarantined ${mr.id}: ${reason}`);
}

/** The commit is nowhere to be found any more (spec/05 §2.10). */
export async function setMissingAside(context: QueueContext, id: string): Promise<void> {
  const mr = await readRequest(context, id);
  if (mr === undefined) return;
  await quarantine(
    context,
    id,
    "branch_missing",
    `work may be lost: commit ${mr.commitSha || "(none)"} of ${mr.branch} is gone`,
  );
}

export async function readRequest(context: QueueContext, id: string): Promise<MergeRequest | undefined> {
  const bead = await context.access.ledger.get(id);
  return bead === undefined ? undefined : mergeRequest(bead);
}

export function requestFacts(context: QueueContext, mr: MergeRequest): Readonly<Record<string, unknown>> {
  return {
    mr: mr.id,
    bead: mr.sourceIssue,
    branch: mr.branch,
    worker: mr.worker,
    rig: context.rig.name,
  };
}
