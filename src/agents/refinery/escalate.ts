import { formatTime } from "../../core/clock.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import type { QueueContext } from "./queue-context.ts";

export interface QueueEscalation {
  readonly severity: "low" | "medium" | "high" | "critical";
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
  const { ledger, clock } = context.access;
  const source = `refinery:${context.rig.name}:${request.topic}`;
  const now = formatTime(clock.now());
  const [open] = await ledger.find({
    type: "escalation",
    notStatus: "closed",
    metadata: { "escalation.source": source },
    limit: 1,
  });
  if (open !== undefined) {
    const before = (open.metadata["escalation"] as { readonly occurrences?: unknown }).occurrences;
    const occurrences = (typeof before === "number" ? before : 1) + 1;
    return [
      {
        op: "update",
        id: open.id,
        fields: { metadata: { escalation: { occurrences, last_seen_at: now, reason: request.reason } } },
      },
    ];
  }
  const priority = { critical: 0, high: 1, medium: 2, low: 3 }[request.severity];
  return [
    {
      op: "create",
      as: "escalation",
      bead: {
        scope: "town",
        type: "escalation",
        title: request.title,
        description: request.reason,
        priority,
        metadata: {
          escalation: {
            severity: request.severity,
            reason: request.reason,
            source,
            escalated_by: context.actor,
            escalated_at: now,
            occurrences: 1,
            ...(request.related === undefined ? {} : { related_bead: request.related }),
          },
        },
      },
    },
    {
      op: "event",
      event: {
        type: "escalation_sent",
        payload: {
          escalation_id: "$escalation",
          severity: request.severity,
          description: request.title,
          rig: context.rig.name,
          target: "mayor/",
          to: "mayor/",
          reason: request.title,
        },
      },
    },
  ];
}
