import { formatTime } from "../clock.ts";
import type { Bead } from "./bead.ts";

type FieldKind =
  | "text"
  | "integer"
  | "optionalInteger"
  | "time"
  | "optionalTime"
  | "optionalText"
  | "flag"
  | "object"
  | "list";

/** One field of a bead: its property, its column and its key in JSON (spec/01 §2.1). */
export interface BeadField {
  readonly property: keyof Bead;
  readonly column: string;
  readonly json: string;
  readonly kind: FieldKind;
  /** Written to JSON even at its empty value. */
  readonly always?: true;
}

function field(
  property: keyof Bead,
  json: string,
  kind: FieldKind,
  more: Partial<BeadField> = {},
): BeadField {
  return { property, column: json, json, kind, ...more };
}

/** Fields up to the labels, in the order of JSON. */
export const fieldsBeforeLabels: readonly BeadField[] = [
  field("id", "id", "text", { always: true }),
  field("title", "title", "text", { always: true }),
  field("description", "description", "text"),
  field("design", "design", "text"),
  field("acceptanceCriteria", "acceptance_criteria", "text"),
  field("notes", "notes", "text"),
  field("specId", "spec_id", "text"),
  field("status", "status", "text", { always: true }),
  field("priority", "priority", "integer", { always: true }),
  field("type", "issue_type", "text", { always: true }),
  field("assignee", "assignee", "text"),
  field("owner", "owner", "text"),
  field("estimatedMinutes", "estimated_minutes", "optionalInteger"),
  field("createdAt", "created_at", "time", { always: true }),
  field("createdBy", "created_by", "text"),
  field("updatedAt", "updated_at", "time", { always: true }),
  field("updatedBy", "updated_by", "text"),
  field("startedAt", "started_at", "optionalTime"),
  field("closedAt", "closed_at", "optionalTime"),
  field("closeReason", "close_reason", "text"),
  field("outcome", "outcome", "text"),
  field("closedBySession", "closed_by_session", "text"),
  field("dueAt", "due_at", "optionalTime"),
  field("deferUntil", "defer_until", "optionalTime"),
  field("externalRef", "external_ref", "optionalText"),
  field("sourceSystem", "source_system", "text"),
  field("metadata", "metadata", "object"),
];

/** Fields behind labels, dependencies and comments. */
export const fieldsAfterLabels: readonly BeadField[] = [
  field("sender", "sender", "text"),
  field("ephemeral", "ephemeral", "flag"),
  field("noHistory", "no_history", "flag"),
  field("wispType", "wisp_type", "text"),
  field("pinned", "pinned", "flag"),
  field("isTemplate", "is_template", "flag"),
  field("awaitType", "await_type", "text"),
  field("awaitId", "await_id", "text"),
  field("timeoutNs", "timeout", "integer", { column: "timeout_ns" }),
  field("waiters", "waiters", "list"),
  field("sourceFormula", "source_formula", "text"),
  field("sourceLocation", "source_location", "text"),
  field("molType", "mol_type", "text"),
  field("workType", "work_type", "text"),
  field("eventKind", "event_kind", "text"),
  field("actor", "actor", "text"),
  field("target", "target", "text"),
  field("payload", "payload", "text"),
];

export const beadFields: readonly BeadField[] = [...fieldsBeforeLabels, ...fieldsAfterLabels];

export const fieldOfProperty: ReadonlyMap<string, BeadField> = new Map(
  beadFields.map((entry) => [entry.property, entry]),
);

/** A property's value as its column holds it. */
export function toColumn(kind: FieldKind, value: unknown): string | number | null {
  switch (kind) {
    case "flag":
      return value === true ? 1 : 0;
    case "object":
      return JSON.stringify(value ?? {});
    case "list":
      return JSON.stringify(value ?? []);
    case "text":
      return typeof value === "string" ? value : "";
    case "optionalText":
      return typeof value === "string" && value !== "" ? value : null;
    default:
      return typeof value === "number" ? value : null;
  }
}

/** A column's value as JSON shows it. */
export function columnToJson(kind: FieldKind, value: string | number | null): unknown {
  if (value === null) return null;
  switch (kind) {
    case "flag":
      return value === 1;
    case "object":
    case "list":
      return JSON.parse(String(value));
    case "time":
    case "optionalTime":
      return formatTime(Number(value));
    default:
      return value;
  }
}
