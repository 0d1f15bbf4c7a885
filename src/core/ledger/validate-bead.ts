import { GtError } from "../gt-error.ts";
import type { BeadId } from "./bead.ts";
import { builtInTypes } from "./bead-types.ts";
import type { BeadFields } from "./operation.ts";

const maxTitle = 500;
const maxText = 4 * 1024 * 1024;
const maxMetadata = 1024 * 1024;
const maxLabel = 255;
const textFields = [
  ["description", "description"],
  ["design", "design"],
  ["acceptanceCriteria", "acceptance_criteria"],
  ["notes", "notes"],
] as const;
const wispTypes = new Set([
  "",
  "heartbeat",
  "ping",
  "patrol",
  "gc_report",
  "recovery",
  "error",
  "escalation",
]);
const metadataKey = /^[A-Za-z_][A-Za-z0-9_.]*$/;

/** Wrong value in a request; nothing was written (exit 2). */
export function invalid(message: string): GtError {
  return new GtError("E_INVALID", message, { exitCode: 2 });
}

/** Checks the values that a writer wants to set (spec/01 §2.6); throws `E_INVALID`. Status and type are checked apart. */
export function checkFields(fields: BeadFields): void {
  if (fields.title !== undefined) checkTitle(fields.title);
  for (const [property, name] of textFields) {
    const text = fields[property];
    if (text !== undefined) checkText(name, text);
  }
  const { priority, estimatedMinutes, wispType, metadata } = fields;
  if (priority !== undefined && !(Number.isInteger(priority) && priority >= 0 && priority <= 4))
    throw invalid(`invalid priority "${priority}" (use 0-4 or P0-P4)`);
  if (typeof estimatedMinutes === "number" && !(Number.isInteger(estimatedMinutes) && estimatedMinutes >= 0))
    throw invalid("estimate must be a non-negative number of minutes");
  if (wispType !== undefined && !wispTypes.has(wispType)) throw invalid(`invalid wisp type "${wispType}"`);
  for (const label of fields.labels ?? []) checkLabel(label);
  if (metadata !== undefined) checkMetadata(metadata);
}

/** The title as it is stored. */
export function checkTitle(title: string): string {
  const trimmed = title.trim();
  if (trimmed === "") throw invalid("title is required");
  const length = [...trimmed].length;
  if (length > maxTitle) throw invalid(`title too long: ${length} characters (maximum ${maxTitle})`);
  return trimmed;
}

export function checkText(name: string, text: string): void {
  // A string has at most three bytes a unit, so most texts need no counting.
  if (text.length * 3 <= maxText) return;
  const bytes = Buffer.byteLength(text);
  if (bytes > maxText) throw invalid(`${name} too large: ${bytes} bytes (maximum ${maxText})`);
}

/** The label as it is stored. */
export function checkLabel(label: string): string {
  const trimmed = label.trim();
  if (trimmed === "") throw invalid("label cannot be empty");
  if (trimmed.length > maxLabel) throw invalid(`label too long (maximum ${maxLabel})`);
  if (/[,\n\r\0]/.test(trimmed)) throw invalid(`label "${trimmed}" contains a comma or a line break`);
  return trimmed;
}

export function checkMetadata(metadata: unknown): void {
  if (typeof metadata !== "object" || metadata === null || Array.isArray(metadata))
    throw invalid("metadata is not a valid JSON object");
  for (const key of Object.keys(metadata))
    if (!metadataKey.test(key)) throw invalid(`invalid metadata key "${key}"`);
}

export function checkMetadataSize(json: string): void {
  if (json.length * 3 <= maxMetadata) return;
  const bytes = Buffer.byteLength(json);
  if (bytes > maxMetadata) throw invalid(`metadata too large: ${bytes} bytes (maximum ${maxMetadata})`);
}

export function checkType(type: string, custom: ReadonlySet<string>): void {
  if (builtInTypes.has(type) || custom.has(type)) return;
  throw invalid(`invalid issue type "${type}" (valid: ${[...builtInTypes.keys(), ...custom].join(", ")})`);
}

/** Templates are changed by pouring them, never in place (spec/01 §5.6). */
export function templateError(id: BeadId): GtError {
  return new GtError("E_TEMPLATE", `cannot modify template ${id}: pour it instead`, {
    hint: `bd mol pour ${id}`,
  });
}
