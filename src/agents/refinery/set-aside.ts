import { formatTime } from "../../core/clock.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { type MergeRequest, mergeRequest } from "../../core/merge/merge-request.ts";
import { enqueueSling, openContexts, type SlingReason } from "../../core/scheduler/sling-context.ts";
import { escalation } from "./escalate.ts";
import { freeAgent } from "./finalise.ts";
import type { QueueContext } from "./queue-context.ts";
import { tellAgent } from "./tell-agent.ts";
import type { RunProbe, RunRecord } from "../../core/merge/run-record.ts";

/** Ends a merge request's part in the queue without landing it (spec/05 §2.10). Each function is one transaction. */

/** Something other than a gate says no: required checks, or a reviewer (spec/05 §3.3). */
export async function setFailureAside(
  context: QueueContext,
  id: string,
  failure: { readonly type: string; readonly text: string },
): Promise<void> {
  const mr = await readRequest(context, id);
  if (mr === undefined || mr.status === "closed") return;
  await context.access.ledger.write(context.actor, [
    { op: "expect", id: mr.id, expected: { rev: mr.rev } },
    {
      op: "update",
      id: mr.id,
      fields: {
        status: "open",
        assignee: "",
        metadata: {
          mr: {
            phase: "needs_fix",
            phase_reason: failure.text,
            fix_attempts: mr.fixAttempts + 1,
            run: null,
            carried: null,
          },
        },
      },
    },
    {
      op: "event",
      event: {
        type: "merge_failed",
        payload: {
          ...requestFacts(context, mr),
          reason: failure.text,
          kind: failure.type,
          attempt: mr.fixAttempts + 1,
        },
      },
    },
    ...(await redispatch(context, mr, "rework", failure.text, "on-prior-branch")),
  ]);
  context.tell(`✗ set aside ${mr.sourceIssue || mr.id} (${mr.branch}): ${failure.text}`);
}

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
  const { settings } = context;
  const attempt = mr.fixAttempts + 1;
  const probe = failureOf(run, culprit.redPrefix);
  const failure = probe === undefined ? "gates" : `${probe.gate}: ${probe.why ?? "failed"}`;
  const giveUp = settings.maxFixAttempts > 0 && attempt >= settings.maxFixAttempts;
  const operations: Operation[] = [
    { op: "expect", id: mr.id, expected: { rev: mr.rev } },
    {
      op: "update",
      id: mr.id,
      fields: {
        status: "open",
        assignee: "",
        metadata: {
          mr: {
            phase: giveUp ? "quarantined" : "needs_fix",
            phase_reason: failure,
            fix_attempts: attempt,
            evidence: run.id,
            run: null,
            carried: null,
          },
        },
      },
    },
    {
      op: "event",
      event: {
        type: "merge_failed",
        payload: {
          ...requestFacts(context, mr),
          reason: failure,
          kind: probe?.why === "timeout" ? "timeout" : (probe?.gate ?? "gates"),
          attempt,
        },
      },
    },
  ];
  if (mr.sourceIssue !== "")
    operations.push({
      op: "comment",
      id: mr.sourceIssue,
      text: evidenceText(mr, culprit, attempt, failure, probe),
    });
  const worker = settings.onFailure === "assign_back" ? await reachableWorker(context, mr) : undefined;
  const body = fixNeeded(context, mr, failure, attempt, probe);
  if (giveUp) operations.push(...(await quarantining(context, mr, `${attempt} failed attempts`, failure)));
  else if (settings.onFailure === "hold") operations.push(message(context, "mayor/", mr, body));
  else if (worker !== undefined) operations.push(message(context, worker, mr, body));
  else operations.push(...(await redispatch(context, mr, "rework", failure, "on-prior-branch")));
  await context.access.ledger.write(context.actor, operations);
  if (worker !== undefined && !giveUp)
    await tellAgent(context, worker, `FIX_NEEDED ${mr.worker}: ${failure} (${mr.id}); read your mail`);
  const type = probe?.gate ?? "gates";
  await tellAgent(
    context,
    "mayor/",
    `MERGE_FAILED: ${mr.id} issue=${mr.sourceIssue} branch=${mr.branch} type=${type}`,
  );
  context.tell(`✗ set aside ${mr.sourceIssue || mr.id} (${mr.branch}): ${failure}`);
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

function fixNeeded(
  context: QueueContext,
  mr: MergeRequest,
  failure: string,
  attempt: number,
  probe: RunProbe | undefined,
): string {
  return [
    `Branch: ${mr.branch}`,
    `Issue: ${mr.sourceIssue}`,
    `Polecat: ${mr.worker}`,
    `Rig: ${context.rig.name}`,
    `Target: ${mr.target || context.rig.defaultBranch}`,
    `Failed-At: ${formatTime(context.access.clock.now())}`,
    `Failure-Type: ${probe?.why === "timeout" ? "timeout" : failureType(probe?.gate)}`,
    `Error: ${failure}`,
    `MR-Bead-ID: ${mr.id}`,
    `Attempt-Number: ${attempt}`,
    "",
    ...(probe?.tail ?? []),
  ].join("\n");
}

/** The word of the protocol for a built-in gate, else the gate's own name (spec/05 §2.10). */
function failureType(gate: string | undefined): string {
  return gate === "test" ? "tests" : (gate ?? "gates");
}

function message(context: QueueContext, to: string, mr: MergeRequest, body: string): Operation {
  return {
    op: "create",
    bead: {
      scope: "town",
      type: "message",
      title: `FIX_NEEDED ${mr.worker || mr.id}`,
      description: body,
      assignee: to,
      sender: context.actor,
      priority: 1,
      ephemeral: true,
      metadata: { refinery: { mr: mr.id } },
    },
  };
}

/** The prefix's own failure: the last red of a gate that counts. */
function failureOf(run: RunRecord, prefix: number): RunProbe | undefined {
  return run.probes.findLast((probe) => probe.prefix === prefix && probe.verdict === "red");
}

function evidenceText(
  mr: MergeRequest,
  culprit: Culprit,
  attempt: number,
  failure: string,
  probe: RunProbe | undefined,
): string {
  const before = culprit.greenPrefix === 0 ? "the target alone" : `the ${culprit.greenPrefix} before it`;
  const tail = probe?.tail?.slice(-20) ?? [];
  return [
    `Not merged (attempt ${attempt}): ${failure}`,
    `Failure-Type: ${probe?.gate ?? "gates"}`,
    `MR-Bead-ID: ${mr.id}`,
    `Branch: ${mr.branch}`,
    `Green without it: ${before}`,
    `Log: ${probe?.log ?? "-"}`,
    "",
    ...tail,
  ].join("\n");
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
    { op: "expect", id: mr.id, expected: { rev: mr.rev } },
    {
      op: "update",
      id: mr.id,
      fields: {
        status: "open",
        assignee: "",
        metadata: { mr: { phase: "quarantined", phase_reason: reason, run: null, carried: null } },
      },
    },
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
