import { clearing } from "../../core/escalation/clearing.ts";
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

/** The queue has found out by itself that what it asked about has passed (spec/06 §8.2). */
export async function settleEscalations(context: QueueContext, topics: readonly string[]): Promise<void> {
  const operations = await settlingEscalations(context, topics, "condition cleared");
  if (operations.length > 0) await context.access.ledger.write(context.actor, operations);
}

/** The same, for the batch of what has settled them. */
export function settlingEscalations(
  context: QueueContext,
  topics: readonly string[],
  reason: string,
): Promise<readonly Operation[]> {
  const sources = topics.map((topic) => sourceOf(context, topic));
  return clearing(context.access.ledger, sources, context.actor, reason);
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
