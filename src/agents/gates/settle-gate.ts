import { formatTime } from "../../core/clock.ts";
import type { Bead, Time } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { type GateFacts, gateRecord, type GateVerdict } from "./decide-gate.ts";

/** A failed gate is told of again after so long (spec/02 §14.4). */
const escalateAgainMs = 24 * 3_600_000;

/**
 * What a verdict changes, as one batch: a met gate closes; why another one does not is noted when it has changed. The number
 * of a run that was found is kept. A gate that somebody else has changed since is a conflict.
 */
export function settlingGate(
  gate: Bead,
  facts: GateFacts,
  verdict: GateVerdict,
  now: Time,
): readonly Operation[] {
  const record = gateRecord(gate);
  const state = verdict.is === "met" ? "resolved" : verdict.is === "failed" ? "failed" : record.state;
  const run = facts.kind === "run" && facts.run ? String(facts.run.number) : gate.awaitId;
  const isNews = state !== record.state || verdict.why !== record.lastReason || run !== gate.awaitId;
  if (!isNews) return [];
  const own = { state, checked_at: formatTime(now), last_reason: verdict.why };
  return [
    { op: "expect", id: gate.id, expected: { rev: gate.rev } },
    {
      op: "update",
      id: gate.id,
      fields: {
        ...(run === gate.awaitId ? {} : { awaitId: run }),
        metadata: { gate: { ...own, ...(run === gate.awaitId ? {} : { workflow: gate.awaitId }) } },
      },
    },
    ...(verdict.is === "met"
      ? [
          {
            op: "close",
            id: gate.id,
            close: { reason: verdict.why, outcome: "success", force: true },
          } as const,
        ]
      : []),
  ];
}

/** Whether a failed gate is to be told of: once, and again after a day. */
export function isEscalationDue(gate: Bead, now: Time): boolean {
  const { escalatedAt } = gateRecord(gate);
  return escalatedAt === undefined || now - escalatedAt >= escalateAgainMs;
}
