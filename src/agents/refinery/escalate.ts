import type { Severity } from "../../core/escalation/escalation.ts";
import { raising } from "../../core/escalation/raise.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import type { QueueContext } from "./queue-context.ts";

export interface QueueEscalation {
  readonly severity: Severity;
  /** One open escalation per topic, e.g. `push_denied:main`; a repetition only counts up. */
  readonly topic: string;
  readonly title: string;
  readonly reason: string;
  readonly related?: string;
}

/** Asks for a person's or the mayor's judgement: once per topic while it is open (spec/05 §4.2 Mode, spec/01 §6.4). */
export async function escalation(
  context: QueueContext,
  request: QueueEscalation,
): Promise<readonly Operation[]> {
  const raised = await raising(context.access, {
    ...{ title: request.title, reason: request.reason, severity: request.severity, by: context.actor },
    source: `refinery:${context.rig.name}:${request.topic}`,
    same: "source",
    ...(request.related === undefined ? {} : { related: request.related }),
    event: { rig: context.rig.name },
  });
  return raised.operations;
}
