import type { Bead } from "../ledger/bead.ts";
import { isObject } from "../town/json-file.ts";

/** From the worst to the mildest. */
export const severities = ["critical", "high", "medium", "low"] as const;
export type Severity = (typeof severities)[number];

/** Who owns the next move, from the first to the last. */
export const tiers = ["deacon", "mayor", "overseer"] as const;
export type Tier = (typeof tiers)[number];

/** What needs somebody's judgement: a permanent bead of type `escalation` (spec/06 §8.1). Times are RFC 3339. */
export interface Escalation {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly status: string;
  readonly state: "open" | "acked" | "closed";
  readonly severity: Severity;
  readonly reason: string;
  readonly source: string;
  readonly escalatedBy: string;
  readonly escalatedAt: string;
  readonly ackedBy: string;
  readonly ackedAt: string;
  readonly closedBy: string;
  readonly closedReason: string;
  readonly relatedBead: string;
  readonly originalSeverity: string;
  readonly reescalationCount: number;
  readonly lastReescalatedAt: string;
  readonly lastReescalatedBy: string;
  readonly tier: Tier;
  readonly tierSince: string;
  /** Whom somebody chose instead of the tier's own address; empty for nobody. */
  readonly owner: string;
  readonly occurrences: number;
  readonly lastSeenAt: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly rev: number;
  /** The structured fields as they are stored. */
  readonly fields: Readonly<Record<string, unknown>>;
}

export function escalationOf(bead: Bead): Escalation {
  const stored = bead.metadata["escalation"];
  const fields = isObject(stored) ? stored : {};
  const word = (key: string): string => (typeof fields[key] === "string" ? fields[key] : "");
  const count = (key: string, initial: number): number =>
    typeof fields[key] === "number" ? fields[key] : initial;
  const severity = parseSeverity(word("severity")) ?? severityOfPriority(bead.priority);
  const isAcked = word("acked_by") !== "" || bead.labels.includes("acked");
  return {
    id: bead.id,
    title: bead.title,
    description: bead.description,
    status: bead.status,
    state: bead.status === "closed" ? "closed" : isAcked ? "acked" : "open",
    severity,
    reason: word("reason"),
    source: word("source"),
    escalatedBy: word("escalated_by") || bead.createdBy,
    escalatedAt: word("escalated_at"),
    ackedBy: word("acked_by"),
    ackedAt: word("acked_at"),
    closedBy: word("closed_by"),
    closedReason: word("closed_reason") || bead.closeReason,
    relatedBead: word("related_bead"),
    originalSeverity: word("original_severity"),
    reescalationCount: count("reescalation_count", 0),
    lastReescalatedAt: word("last_reescalated_at"),
    lastReescalatedBy: word("last_reescalated_by"),
    tier: parseTier(word("tier")) ?? firstTier(severity),
    tierSince: word("tier_since"),
    owner: word("owner"),
    occurrences: count("occurrences", 1),
    lastSeenAt: word("last_seen_at"),
    createdAt: bead.createdAt,
    rev: bead.rev,
    fields,
  };
}

/** The JSON form: the fields of spec/06 §8.1; empty ones are null. */
export function escalationDocument(escalation: Escalation): Readonly<Record<string, unknown>> {
  return {
    id: escalation.id,
    title: escalation.title,
    status: escalation.status,
    state: escalation.state,
    created_at: new Date(escalation.createdAt).toISOString(),
    severity: escalation.severity,
    reason: escalation.reason || null,
    description: escalation.description,
    source: escalation.source || null,
    escalated_by: escalation.escalatedBy || null,
    escalated_at: escalation.escalatedAt || null,
    acked_by: escalation.ackedBy || null,
    acked_at: escalation.ackedAt || null,
    closed_by: escalation.closedBy || null,
    closed_reason: escalation.closedReason || null,
    related_bead: escalation.relatedBead || null,
    original_severity: escalation.originalSeverity || null,
    reescalation_count: escalation.reescalationCount,
    last_reescalated_at: escalation.lastReescalatedAt || null,
    last_reescalated_by: escalation.lastReescalatedBy || null,
    tier: escalation.tier,
    tier_since: escalation.tierSince || null,
    occurrences: escalation.occurrences,
    last_seen_at: escalation.lastSeenAt || null,
  };
}

/** A severity in any case, or `P0` to `P3`; undefined when it is neither. */
export function parseSeverity(text: string): Severity | undefined {
  const word = text.trim().toLowerCase();
  const byPriority = /^p([0-3])$/.exec(word)?.[1];
  return byPriority === undefined
    ? severities.find((severity) => severity === word)
    : severities[Number(byPriority)];
}

export function parseTier(text: string): Tier | undefined {
  return tiers.find((tier) => tier === text.trim().toLowerCase().replace(/\/$/, ""));
}

/** Bead and mail priority of a severity: 0 critical .. 3 low. */
export const priorityOf = (severity: Severity): number => severities.indexOf(severity);

export const isWorse = (one: Severity, other: Severity): boolean => priorityOf(one) < priorityOf(other);

export function firstTier(severity: Severity): Tier {
  return severity === "critical" ? "overseer" : severity === "high" ? "mayor" : "deacon";
}

export const addressOfTier = (tier: Tier): string => (tier === "overseer" ? "overseer" : `${tier}/`);

export const severityIcons: Readonly<Record<Severity, string>> = {
  critical: "🚨",
  high: "⚠️",
  medium: "📢",
  low: "ℹ️",
};

const severityOfPriority = (priority: number): Severity => severities[priority] ?? "low";
