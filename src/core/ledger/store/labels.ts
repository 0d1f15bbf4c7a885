import type { BeadId } from "../bead.ts";
import { checkLabel } from "../validate-bead.ts";
import type { Batch } from "./batch.ts";
import type { BeadRow } from "./bead-row.ts";

/** Makes the labels exactly these. */
export function setLabels(batch: Batch, row: BeadRow, labels: readonly string[]): void {
  const wanted = new Set(labels.map(checkLabel));
  const present = batch.database.values<string>("SELECT label FROM labels WHERE issue_id = ?", row.id);
  for (const label of present) if (!wanted.has(label)) removeLabel(batch, row.id, label);
  for (const label of wanted) if (!present.includes(label)) addLabel(batch, row.id, label);
}

export function addLabel(batch: Batch, id: BeadId, label: string): void {
  const row = batch.bead(id);
  const checked = checkLabel(label);
  const added = batch.database.run(
    "INSERT OR IGNORE INTO labels (issue_id, label) VALUES (?, ?)",
    row.id,
    checked,
  );
  if (added === 0) return;
  batch.touch(row.id);
  batch.record({ id: row.id, scope: row.scope, type: "label_added", new: { label: checked } });
}

export function removeLabel(batch: Batch, id: BeadId, label: string): void {
  const row = batch.bead(id);
  const removed = batch.database.run(
    "DELETE FROM labels WHERE issue_id = ? AND label = ?",
    row.id,
    label.trim(),
  );
  if (removed === 0) return;
  batch.touch(row.id);
  batch.record({ id: row.id, scope: row.scope, type: "label_removed", old: { label: label.trim() } });
}
