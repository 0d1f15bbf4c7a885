import { formatTime } from "../../clock.ts";
import { type FieldConflict, isNewer, mergeBead } from "../merge/merge-bead.ts";
import type { LedgerDatabase } from "../store/database.ts";
import { type BeadRecord, formatRecord } from "./bead-record.ts";
import { canonical, parseLine } from "./parse-line.ts";
import { readRecord } from "./stored-record.ts";

/** What becomes of one incoming bead (spec/01 §9.2). */
export type Decision =
  | {
      readonly action: "insert" | "update";
      readonly record: BeadRecord;
      readonly conflicts: readonly FieldConflict[];
    }
  /** `stale`: older than what is here; `twin`: an open bead has the same title. */
  | { readonly action: "unchanged" | "stale" | "twin" };

export type ImportMode = "merge" | "insert-only" | "replace" | "automatic";

export interface DecisionOptions {
  readonly mode: ImportMode;
  readonly now: number;
  readonly dedup: boolean;
  /** The record named no time of its last change, so it counts as new. */
  readonly isUndated: boolean;
}

export function decideImport(
  database: LedgerDatabase,
  incoming: BeadRecord,
  options: DecisionOptions,
): Decision {
  const existing = readRecord(database, incoming.id);
  if (existing === undefined) return decideNew(database, incoming, options);
  const line = formatRecord(incoming);
  if (formatRecord(existing) === line || options.mode === "insert-only") return { action: "unchanged" };
  if (options.mode === "replace") return { action: "update", record: incoming, conflicts: [] };
  return decideExisting(database, existing, incoming, options);
}

function decideNew(database: LedgerDatabase, record: BeadRecord, { dedup }: DecisionOptions): Decision {
  const deletedAt = database.value<number>("SELECT deleted_at FROM tombstones WHERE id = ?", record.id);
  if (deletedAt !== undefined && Date.parse(record.updated_at) <= deletedAt) return { action: "stale" };
  const twin = "SELECT 1 FROM issues WHERE title = ? AND status <> 'closed' LIMIT 1";
  if (dedup && database.value(twin, record.title) !== undefined) return { action: "twin" };
  return { action: "insert", record, conflicts: [] };
}

function decideExisting(
  database: LedgerDatabase,
  existing: BeadRecord,
  given: BeadRecord,
  options: DecisionOptions,
): Decision {
  const stored = database.value<string>("SELECT line FROM export_lines WHERE issue_id = ?", given.id);
  const base = stored === undefined ? undefined : baseOfLine(stored, options.now);
  let incoming = given;
  if (options.mode === "automatic") {
    if (stored === formatRecord(given)) return { action: "unchanged" };
    const age = base === undefined ? 1 : Date.parse(given.updated_at) - Date.parse(base.updated_at);
    // An old checkout must not take the ledger back.
    if (age < 0 && !options.isUndated) return { action: "stale" };
    // A person edited the file and left the time as it was.
    if (age === 0) incoming = { ...given, updated_at: formatTime(options.now) };
  } else if (Date.parse(given.updated_at) < Date.parse(existing.updated_at) && !options.isUndated)
    return { action: "stale" };
  const merged = base === undefined ? unite(existing, incoming) : mergeBead(base, existing, incoming);
  if (isSameContent(merged.record, existing)) return { action: "unchanged" };
  return { action: "update", record: merged.record, conflicts: merged.conflicts };
}

/** Without a common ancestor, the incoming scalars win and labels, edges and comments are united (spec/01 §9.2). */
function unite(
  existing: BeadRecord,
  incoming: BeadRecord,
): { record: BeadRecord; conflicts: readonly FieldConflict[] } {
  const isIncomingNewer = isNewer(incoming, existing) || incoming.updated_at === existing.updated_at;
  const united = mergeBead(undefined, existing, incoming).record;
  if (!isIncomingNewer) return { record: united, conflicts: [] };
  const record: Record<string, unknown> = { ...existing, ...incoming };
  for (const key of ["labels", "waiters", "dependencies", "comments"]) record[key] = united[key];
  record["metadata"] = united["metadata"];
  return { record: canonical(record), conflicts: [] };
}

function isSameContent(a: BeadRecord, b: BeadRecord): boolean {
  const content = (record: BeadRecord) => formatRecord({ ...record, updated_at: "", updated_by: "" });
  return content(a) === content(b);
}

/** The bead of a line that we exported ourselves. */
export function baseOfLine(line: string, now: number): BeadRecord | undefined {
  const parsed = parseLine(line);
  if (parsed.kind !== "bead" || parsed.bead.id === undefined) return undefined;
  return parsed.bead.complete({ id: parsed.bead.id, now });
}
