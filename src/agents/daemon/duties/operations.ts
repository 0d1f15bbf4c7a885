import { raising } from "../../../core/escalation/raise.ts";
import type { Operation } from "../../../core/ledger/operation.ts";
import { durationSetting } from "../../../core/town/setting.ts";
import { isAbandoned, type OperationRecord, openOperations } from "../../lifecycle/operation-record.ts";
import { recoverOperations } from "../../lifecycle/recover-operations.ts";
import { patrolTable } from "../../patrols/worker-memory.ts";
import { isSameProcess } from "../../sessions/process-identity.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty } from "../duty-runner.ts";

const lookAgainMs = 5000;
/** What could not be ended now is not tried again at once. */
const retryAgainMs = 60_000;
/** A `gt done` that failed so often is for a person (W4). */
const mostResumes = 3;
/** Row that counts how often the operation could not be ended. */
export const resumesKey = (id: string): string => `resumes:${id}`;

/**
 * D1: finishes or undoes what a command left behind (spec/04 §0.3), and ends the process of a `gt done` that stands still
 * (W4). A process that dies tells nobody, so that while an operation is open its owner is looked at every few seconds;
 * with none open this duty sleeps.
 */
export function operationsDuty(context: DaemonContext): Duty {
  return {
    key: "operations",
    timeoutMs: 5 * 60_000,
    run: async () => {
      const { ledger, clock, town, log } = context;
      const open = await openOperations(ledger);
      if (open.length === 0) return {};
      const stuckMs = durationSetting(town.settings(), "operational.witness.done_stuck_alive");
      for (const { value } of open) {
        if (!standsStill(value, clock.now(), stuckMs)) continue;
        log.warn(
          `gt done of ${value.subject.agent} stands still at "${value.step}"; ending pid ${value.pid}`,
        );
        if (isSameProcess(value.pid, value.pidStartedAt)) process.kill(value.pid, "SIGKILL");
      }
      const outcomes = await recoverOperations(context);
      for (const { kind, outcome, id, agent, bead } of outcomes) {
        if (kind !== "done") continue;
        if (outcome === "failed") await countFailure(context, id);
        else await tellResumed(context, agent, bead);
      }
      if ((await openOperations(ledger)).length === 0) return {};
      const hasFailed = outcomes.some(({ outcome }) => outcome === "failed");
      return { againMs: hasFailed ? retryAgainMs : lookAgainMs };
    },
  };
}

/** A `gt done` of a living process other than this one that has begun no step for so long. Pure but for the look at its owner. */
function standsStill(record: OperationRecord, now: number, stuckMs: number): boolean {
  if (record.kind !== "done" || record.pid === process.pid || isAbandoned(record)) return false;
  return now - record.updatedAt >= stuckMs;
}

async function tellResumed({ ledger, actor }: DaemonContext, agent: string, bead: string): Promise<void> {
  const payload = { agent, bead, reason: "its gt done was left unfinished" };
  await ledger.write(actor, [{ op: "event", event: { type: "done_resumed", payload, source: "daemon" } }]);
}

async function countFailure(context: DaemonContext, id: string): Promise<void> {
  const { ledger, actor } = context;
  const record = (await ledger.row<OperationRecord>("operations", id))?.value;
  if (record === undefined) return;
  const count =
    ((await ledger.row<{ readonly count: number }>(patrolTable, resumesKey(id)))?.value.count ?? 0) + 1;
  const { agent, bead } = record.subject;
  const raised =
    count === mostResumes
      ? await raising(context, {
          title: `the gt done of ${agent} cannot be ended: ${record.error ?? "unknown"}`,
          reason: `It stands at step "${record.step}". Nothing is removed. Look: gt polecat check-recovery ${agent}`,
          severity: "high",
          by: actor,
          source: `witness:recovery:${id}`,
          same: "source",
          related: bead,
          protocol: {
            subject: `RECOVERY_NEEDED ${agent}`,
            values: { Polecat: agent, "Cleanup Status": "unknown", Issue: bead },
          },
          event: { target: agent },
          eventSource: "daemon",
        })
      : undefined;
  const put: Operation = { op: "putRow", table: patrolTable, key: resumesKey(id), value: { count } };
  await ledger.write(actor, [put, ...(raised?.operations ?? [])]);
}
