import type { Operation } from "../../core/ledger/operation.ts";
import { openRequests } from "../../core/merge/open-requests.ts";
import { escalation, type QueueEscalation, wasAsked } from "./escalate.ts";
import type { QueueContext } from "./queue-context.ts";

const conflictTaskMs = 4 * 3_600_000;

/** Asks, once each, about requests that wait too long for a conflict to be resolved or for checks (spec/05 §2.10, §3.3). */
export async function askAboutOverdue(context: QueueContext): Promise<void> {
  const { rig, settings, access, actor } = context;
  const { ledger, clock } = access;
  const now = clock.now();
  const overdue: QueueEscalation[] = [];
  for (const { mr } of await openRequests(ledger, rig)) {
    const task = mr.conflictTaskId === "" ? undefined : await ledger.get(mr.conflictTaskId);
    if (task !== undefined && task.status !== "closed" && now - task.createdAt > conflictTaskMs)
      overdue.push({
        severity: "medium",
        topic: `conflict:${task.id}`,
        title: `Nobody has resolved the conflict of ${mr.id} for four hours`,
        reason: `${task.id} (${task.status}${task.assignee === "" ? "" : `, ${task.assignee}`}); bd show ${task.id}`,
        related: task.id,
      });
    const isChecked = mr.phase === "held" && mr.phaseReason === "awaiting_checks";
    if (isChecked && mr.checksSince !== undefined && now - mr.checksSince > settings.prChecksTimeoutMs)
      overdue.push({
        severity: "low",
        topic: `checks:${mr.id}`,
        title: `The checks of ${mr.prUrl || mr.id} do not end`,
        reason: `${mr.id} waits for them since ${new Date(mr.checksSince).toISOString()} and goes on waiting; gt mq status ${mr.id}`,
        related: mr.id,
      });
  }
  const operations: Operation[] = [];
  for (const request of overdue)
    if (!(await wasAsked(context, request.topic))) operations.push(...(await escalation(context, request)));
  if (operations.length > 0) await ledger.write(actor, operations);
}
