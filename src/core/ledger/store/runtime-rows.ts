import { Conflict } from "../conflict.ts";
import type { RuntimeTable } from "../operation.ts";
import type { Batch } from "./batch.ts";

export interface RuntimeRecord {
  readonly key: string;
  readonly value: string;
  readonly rev: number;
  readonly updated_at: number;
}

export function expectRow(batch: Batch, table: RuntimeTable, key: string, rev: number | null): void {
  const found =
    batch.database.value<number>("SELECT rev FROM runtime_rows WHERE name = ? AND key = ?", table, key) ??
    null;
  if (found === rev) return;
  throw new Conflict(`conflict: row ${table}/${key} is at rev ${found ?? "none"}`, {
    details: { table, key, rev: found },
  });
}

export function putRow(batch: Batch, table: RuntimeTable, key: string, value: unknown): void {
  const json = JSON.stringify(batch.fillIn(value)) ?? "null";
  const changed = batch.database.run(
    `INSERT INTO runtime_rows (name, key, value, rev, updated_at) VALUES (?,?,?,1,?)
     ON CONFLICT (name, key) DO UPDATE SET value = excluded.value, rev = rev + 1, updated_at = excluded.updated_at
     WHERE value <> excluded.value`,
    table,
    key,
    json,
    batch.now,
  );
  if (changed > 0) batch.changedSilently();
}

export function deleteRow(batch: Batch, table: RuntimeTable, key: string): void {
  const changed = batch.database.run("DELETE FROM runtime_rows WHERE name = ? AND key = ?", table, key);
  if (changed > 0) batch.changedSilently();
}
