import { formatTime } from "../clock.ts";
import type { Operation } from "../ledger/operation.ts";
import { addressOfTier, type Escalation, type Severity, severities, type Tier, tiers } from "./escalation.ts";
import type { EscalationSettings } from "./escalation-settings.ts";
import { type RaisingContext, escalationMail, relabel, route } from "./raise.ts";
import { firstTier, priorityOf } from "./escalation.ts";

/** Somebody has seen it: reminders stop (spec/06 §8.4). */
export function acking(
  { id }: Escalation,
  by: string,
  now: number,
  note: string | undefined,
): readonly Operation[] {
  return [
    { op: "expect", id, expected: { metadata: { "escalation.acked_by": undefined } } },
    { op: "addLabel", id, label: "acked" },
    {
      op: "update",
      id,
      fields: { metadata: { escalation: { acked_by: by, acked_at: formatTime(now) } } },
    },
    { op: "comment", id, text: `Acknowledged${note === undefined ? "" : `: ${note}`}`, author: by },
    event("escalation_acked", { escalation_id: id, acked_by: by }),
  ];
}

/** It is settled. `mails` are those that told of it: nobody needs to read them any more. */
export function closing(
  { id }: Escalation,
  by: string,
  reason: string,
  mails: readonly string[],
): readonly Operation[] {
  return [
    { op: "addLabel", id, label: "resolved" },
    {
      op: "update",
      id,
      fields: { metadata: { escalation: { closed_by: by, closed_reason: reason } } },
    },
    { op: "close", id, close: { reason, outcome: "success", force: true } },
    ...mails.map((mail): Operation => ({ op: "addLabel", id: mail, label: "read" })),
    event("escalation_closed", { escalation_id: id, closed_by: by, reason }),
  ];
}

export interface Forward {
  readonly to: Tier;
  readonly by: string;
  readonly why: string | undefined;
  /** Also mailed, unless it was before. */
  readonly address?: string;
  /** Who was mailed about it at this severity. */
  readonly mailedBefore: readonly string[];
}

/** Somebody else owns the next move. */
export function forwarding(
  context: RaisingContext,
  escalation: Escalation,
  forward: Forward,
): readonly Operation[] {
  const { id, severity } = escalation;
  const address = forward.address ?? addressOfTier(forward.to);
  const note = `Forwarded from ${escalation.tier} to ${forward.address ?? forward.to}`;
  const mail = forward.mailedBefore.includes(address)
    ? []
    : escalationMail(
        context,
        {
          ...{ id, severity, tier: forward.to, title: escalation.title, by: forward.by },
          reason: [forward.why, escalation.description].filter((part) => part).join("\n\n"),
          ...(escalation.source === "" ? {} : { source: escalation.source }),
          ...(escalation.relatedBead === "" ? {} : { related: escalation.relatedBead }),
        },
        address,
      );
  return [
    { op: "expect", id, expected: { rev: escalation.rev } },
    {
      op: "update",
      id,
      fields: {
        metadata: {
          escalation: {
            ...{ tier: forward.to, tier_since: formatTime(context.clock.now()) },
            owner: forward.address ?? null,
          },
        },
      },
    },
    ...relabel(escalation, severity, forward.to),
    {
      op: "comment",
      id,
      text: forward.why === undefined ? note : `${note}: ${forward.why}`,
      author: forward.by,
    },
    ...mail,
    event("escalation_forwarded", {
      escalation_id: id,
      from_tier: escalation.tier,
      to_tier: forward.to,
      ...(forward.why === undefined ? {} : { reason: forward.why }),
    }),
  ];
}

/** Open, seen by nobody, and quiet for too long since it was raised or last repeated (spec/06 §8.5). */
export function isStale(escalation: Escalation, settings: EscalationSettings, now: number): boolean {
  if (escalation.state !== "open") return false;
  const raised = Date.parse(escalation.escalatedAt) || escalation.createdAt;
  const last = Math.max(raised, Date.parse(escalation.lastReescalatedAt) || 0);
  return now - last >= settings.staleAfterMs;
}

export interface Bump {
  readonly severity: Severity;
  readonly tier: Tier;
  readonly number: number;
  readonly operations: readonly Operation[];
  readonly mailed: readonly string[];
  readonly actions: readonly string[];
}

/** One step worse, or a reminder of what is critical already; one batch, so that a crash never counts twice. */
export function bumping(context: RaisingContext, escalation: Escalation, by: string): Bump {
  const { id, severity: old } = escalation;
  const severity = severities[Math.max(0, severities.indexOf(old) - 1)] ?? "critical";
  const tier = higherTier(escalation.tier, firstTier(severity));
  const number = escalation.reescalationCount + 1;
  const time = formatTime(context.clock.now());
  const shown = (each: Severity): string => each.toUpperCase();
  const routed = route(context, {
    ...{ id, severity, tier, by, title: escalation.title, reason: escalation.description },
    ...(escalation.source === "" ? {} : { source: escalation.source }),
    ...(escalation.relatedBead === "" ? {} : { related: escalation.relatedBead }),
    subject: `[${shown(old)}->${shown(severity)}] Re-escalated: ${escalation.title}`,
  });
  return {
    ...{ severity, tier, number, mailed: routed.mailed, actions: routed.actions },
    operations: [
      { op: "expect", id, expected: { rev: escalation.rev } },
      {
        op: "update",
        id,
        fields: {
          priority: priorityOf(severity),
          metadata: {
            escalation: {
              ...{ severity, tier, reescalation_count: number },
              ...(tier === escalation.tier ? {} : { tier_since: time }),
              ...{ last_reescalated_at: time, last_reescalated_by: by },
              ...(escalation.originalSeverity === "" ? { original_severity: old } : {}),
            },
          },
        },
      },
      { op: "addLabel", id, label: "reescalated" },
      ...relabel(escalation, severity, tier),
      { op: "comment", id, text: `Re-escalated (${number}): ${old} -> ${severity}`, author: by },
      ...routed.operations,
      event("escalation_sent", {
        escalation_id: id,
        ...{ reescalated: true, severity, old_severity: old, new_severity: severity },
        ...{ reescalation_num: number, to: addressOfTier(tier), tier, reason: escalation.title },
        actions: routed.all,
      }),
    ],
  };
}

function higherTier(one: Tier, other: Tier): Tier {
  return tiers.indexOf(one) >= tiers.indexOf(other) ? one : other;
}

function event(type: string, payload: Readonly<Record<string, unknown>>): Operation {
  return { op: "event", event: { type, payload } };
}
