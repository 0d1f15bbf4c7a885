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
    source: sourceOf(context, request.topic),
    same: "source",
    ...(request.related === undefined ? {} : { related: request.related }),
    event: { rig: context.rig.name },
  });
  return raised.operations;
}

/** Whether somebody was ever asked about the topic, also if the answer has been given. */
export async function wasAsked(context: QueueContext, topic: string): Promise<boolean> {
  const source = sourceOf(context, topic);
  const found = await context.access.ledger.find({
    type: "escalation",
    metadata: { "escalation.source": source },
    limit: 1,
  });
  return found.length > 0;
}

const sourceOf = (context: QueueContext, topic: string): string => `refinery:${context.rig.name}:${topic}`;
