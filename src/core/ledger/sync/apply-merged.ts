import type { BeadRecord } from "../jsonl/bead-record.ts";
import { formatRecord } from "../jsonl/bead-record.ts";
import type { RecordSet } from "../jsonl/record-set.ts";
import { readRecord, storeRecord } from "../jsonl/stored-record.ts";
import { mergeBead } from "../merge/merge-bead.ts";
import type { MergedSet } from "../merge/merge-records.ts";
import type { Batch } from "../store/batch.ts";
import { removeBead } from "../store/delete-bead.ts";
import type { SqliteLedger } from "../store/sqlite-ledger.ts";

export interface AppliedMerge {
  /** Beads that came in, changed or went. */
  readonly merged: number;
  readonly conflicts: number;
}

/**
 * Takes the result of a merge into the database in one transaction. Beads that somebody wrote since the snapshot `ours`
 * was taken are merged once more with what is there now (spec/01 §9.7).
 */
export async function applyMerged(
  ledger: SqliteLedger,
  actor: string,
  scope: string,
  ours: RecordSet,
  result: MergedSet,
): Promise<AppliedMerge> {
  const { set } = result;
  let merged = 0;
  await ledger.apply(actor, (batch) => {
    for (const record of set.beads.values())
      if (applyBead(batch, scope, ours.beads.get(record.id), record, result)) merged++;
    for (const [id, before] of ours.beads)
      if (!set.beads.has(id) && applyDeletion(batch, before, set.tombstones.get(id)?.delete_reason)) merged++;
    for (const tombstone of set.tombstones.values()) {
      if (ours.tombstones.has(tombstone.id) || batch.findBead(tombstone.id) !== undefined) continue;
      ledger.database.run(
        "INSERT OR IGNORE INTO tombstones (id, scope, deleted_at, deleted_by, reason, record) VALUES (?,?,?,?,?,?)",
        tombstone.id,
        scope,
        Date.parse(tombstone.deleted_at),
        tombstone.deleted_by,
        tombstone.delete_reason,
        JSON.stringify({ title: tombstone.title, original_type: tombstone.original_type }),
      );
      batch.markDirty(scope, tombstone.id);
    }
  });
  return { merged, conflicts: [...result.conflicts.values()].reduce((sum, list) => sum + list.length, 0) };
}

function applyBead(
  batch: Batch,
  scope: string,
  before: BeadRecord | undefined,
  merged: BeadRecord,
  { conflicts, renames }: MergedSet,
): boolean {
  const line = formatRecord(merged);
  if (before !== undefined && formatRecord(before) === line) return false;
  const current = readRecord(batch.database, merged.id);
  const isAsBefore =
    current === undefined || (before !== undefined && formatRecord(current) === formatRecord(before));
  const record = isAsBefore ? merged : mergeBead(before, current, merged).record;
  if (current !== undefined && formatRecord(current) === formatRecord(record)) return false;
  storeRecord(batch, record, batch.findBead(record.id)?.scope ?? scope);
  const decided = conflicts.get(record.id);
  const rename = renames.find(({ to }) => to === record.id);
  if (rename !== undefined)
    batch.record({ id: record.id, scope, type: "renamed", old: { id: rename.from }, new: { id: rename.to } });
  batch.record({
    id: record.id,
    scope,
    type: "merged",
    new: {
      title: record.title,
      status: record.status,
      ...(decided === undefined ? {} : { conflicts: decided }),
    },
  });
  return true;
}

function applyDeletion(batch: Batch, before: BeadRecord, reason: string | undefined): boolean {
  const current = readRecord(batch.database, before.id);
  // Somebody went on working on it: that work is worth more than the deletion.
  if (current === undefined || formatRecord(current) !== formatRecord(before)) return false;
  removeBead(batch, before.id, reason ?? "deleted in another clone");
  return true;
}
