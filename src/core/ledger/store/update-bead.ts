import type { BeadId } from "../bead.ts";
import { type BeadField, fieldOfProperty, toColumn } from "../bead-fields.ts";
import type { BeadFields } from "../operation.ts";
import { outcomeOfReason } from "../outcome.ts";
import {
  checkFields,
  checkMetadataSize,
  checkTitle,
  checkType,
  invalid,
  templateError,
} from "../validate-bead.ts";
import type { Batch } from "./batch.ts";
import type { BeadRow } from "./bead-row.ts";
import { setLabels } from "./labels.ts";
import { storeColumns } from "./store-columns.ts";

type Column = string | number | null;

/** Sets fields of a bead with the side effects of a new status (spec/01 §2.2); records nothing when nothing differs. */
export function updateBead(batch: Batch, id: BeadId, fields: BeadFields): void {
  const row = batch.bead(id);
  if (row.is_template === 1) throw templateError(row.id);
  checkFields(fields);
  if (fields.labels !== undefined) setLabels(batch, row, fields.labels);
  const before = row as unknown as Readonly<Record<string, Column>>;
  const columns: Record<string, Column> = {};
  for (const [property, value] of Object.entries(fields)) {
    const field = fieldOfProperty.get(property);
    if (field === undefined || value === undefined) continue;
    const column = columnValue(batch, field, value, before[field.column] ?? null);
    if (column !== before[field.column]) columns[field.column] = column;
  }
  if (typeof columns["issue_type"] === "string") checkType(columns["issue_type"], batch.context.customTypes);
  const ephemeral = columns["ephemeral"] ?? row.ephemeral;
  if (ephemeral === 1 && (columns["no_history"] ?? row.no_history) === 1)
    throw invalid("--ephemeral and --no-history are mutually exclusive");
  applyDeferral(row, columns, batch.now);
  const status = columns["status"];
  if (typeof status === "string") applyStatus(batch, row, status, columns);
  if (Object.keys(columns).length > 0) storeColumns(batch, row, columns);
}

function columnValue(batch: Batch, field: BeadField, value: unknown, before: Column): Column {
  if (field.property === "title") return checkTitle(String(value));
  if (field.property !== "metadata") return toColumn(field.kind, value);
  const merged = JSON.stringify(mergePatch(JSON.parse(String(before)), batch.fillIn(value)));
  checkMetadataSize(merged);
  return merged;
}

/** RFC 7386: objects merge, `null` removes. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch;
  const merged: Record<string, unknown> = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete merged[key];
    else if (value !== undefined) merged[key] = mergePatch(merged[key], value);
  }
  return merged;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A date to wait for freezes an open bead; taking it away thaws it (spec/01 §4.5). */
function applyDeferral(row: BeadRow, columns: Record<string, Column>, now: number): void {
  if (!("defer_until" in columns) || "status" in columns) return;
  const until = columns["defer_until"];
  if (row.status === "deferred" && until === null) columns["status"] = "open";
  if (row.status === "open" && typeof until === "number" && until > now) columns["status"] = "deferred";
}

function applyStatus(batch: Batch, row: BeadRow, status: string, columns: Record<string, Column>): void {
  batch.context.statuses.check(status);
  if (status === "closed") {
    columns["closed_at"] = batch.now;
    columns["outcome"] ??= outcomeOfReason(String(columns["close_reason"] ?? ""));
  } else if (row.status === "closed") {
    columns["closed_at"] = null;
    columns["close_reason"] = "";
    columns["outcome"] = "";
    columns["closed_by_session"] = "";
  }
  if (status === "in_progress" && row.started_at === null) columns["started_at"] = batch.now;
  if (status === "pinned") columns["pinned"] = 1;
  else if (row.status === "pinned") columns["pinned"] = 0;
  if (row.status === "deferred" && row.defer_until !== null) columns["defer_until"] = null;
}
