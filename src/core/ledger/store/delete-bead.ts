import type { BeadId } from "../bead.ts";
import { templateError } from "../validate-bead.ts";
import type { Batch } from "./batch.ts";
import { touchEdge } from "./edges.ts";

/** Removes a bead and its edges; a durable one leaves a tombstone for other clones (spec/01 §9.3). Absent is fine. */
export function deleteBead(batch: Batch, id: BeadId, reason: string): void {
  const row = batch.findBead(id);
  if (row === undefined) return;
  if (row.is_template === 1) throw templateError(row.id);
  removeBead(batch, row.id, reason);
  if (row.ephemeral === 1) return;
  batch.database.run(
    `INSERT INTO tombstones (id, scope, deleted_at, deleted_by, reason, record) VALUES (?,?,?,?,?,?)
     ON CONFLICT (id) DO UPDATE SET deleted_at = excluded.deleted_at, deleted_by = excluded.deleted_by, reason = excluded.reason, record = excluded.record`,
    row.id,
    row.scope,
    batch.now,
    batch.actor,
    reason,
    JSON.stringify({ title: row.title, original_type: row.issue_type }),
  );
}

/** Takes the rows away and records the deletion, without a tombstone. */
export function removeBead(batch: Batch, id: BeadId, reason: string): void {
  const { database } = batch;
  const row = batch.bead(id);
  batch.blocked.touchWithDependents(id);
  const ends = database.all<{ from: string; to: string; type: string }>(
    `SELECT issue_id AS "from", depends_on_id AS "to", type FROM dependencies WHERE depends_on_id = ?1 OR issue_id = ?1`,
    { 1: id },
  );
  for (const edge of ends) {
    touchEdge(batch, edge);
    if (edge.from === id) continue;
    const other = batch.findBead(edge.from);
    if (other === undefined) continue;
    database.run(
      "DELETE FROM dependencies WHERE issue_id = ? AND depends_on_id = ? AND type = ?",
      edge.from,
      id,
      edge.type,
    );
    batch.touch(edge.from);
    batch.record({
      id: other.id,
      scope: other.scope,
      type: "dependency_removed",
      old: { depends_on_id: id, type: edge.type },
    });
  }
  database.run("UPDATE agents SET hook_bead = '', hook_state = '' WHERE hook_bead = ?", id);
  database.run("DELETE FROM issues WHERE id = ?", id);
  batch.record({
    id,
    scope: row.scope,
    type: "deleted",
    old: { title: row.title, status: row.status, issue_type: row.issue_type },
    comment: reason,
    isLocal: row.ephemeral === 1,
  });
}
