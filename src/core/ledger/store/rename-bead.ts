import type { BeadId } from "../bead.ts";
import { Conflict } from "../conflict.ts";
import { renameInText, renameInValue } from "../merge/rename-mentions.ts";
import { isBeadId, isPrefix } from "../new-id.ts";
import { invalid } from "../validate-bead.ts";
import type { Batch } from "./batch.ts";
import type { BeadRow } from "./bead-row.ts";

/** Gives a bead and its children other ids; edges, mentions and metadata texts everywhere follow. */
export function renameBead(batch: Batch, id: BeadId, to: BeadId): void {
  if (id === to) return;
  if (!isBeadId(to)) throw invalid(`invalid id "${to}"`);
  batch.bead(id);
  const children = batch.database.values<string>(
    "SELECT id FROM issues WHERE id > ? AND id < ?",
    `${id}.`,
    `${id}/`,
  );
  const moves = new Map([id, ...children].map((old) => [old, to + old.slice(id.length)]));
  moveBeads(batch, moves, new Map([[id, to]]));
}

/** Gives every bead of a prefix the new one, which then belongs to the same scope. */
export function renamePrefix(batch: Batch, from: string, to: string): void {
  if (from === to) return;
  if (!isPrefix(to)) throw invalid(`invalid prefix "${to}"`);
  const owner = batch.database.value<string>("SELECT scope FROM prefixes WHERE prefix = ?", from);
  if (owner === undefined) throw invalid(`no such prefix "${from}"`);
  const taken = batch.database.value<string>("SELECT scope FROM prefixes WHERE prefix = ?", to);
  if (taken !== undefined && taken !== owner)
    throw new Conflict(`prefix "${to}" is already used by ${taken}`, { code: "E_PREFIX" });
  batch.database.run(
    "INSERT OR IGNORE INTO prefixes (prefix, scope, path) SELECT ?, scope, path FROM prefixes WHERE prefix = ?",
    to,
    from,
  );
  const { prefixes } = batch.context;
  const ids = batch.database
    .values<string>("SELECT id FROM issues WHERE id >= ? AND id < ?", `${from}-`, `${from}.`)
    // A longer prefix may begin with this one.
    .filter(
      (id) => !prefixes.prefixes.some((other) => other.length > from.length && id.startsWith(`${other}-`)),
    );
  const moves = new Map(ids.map((id) => [id, to + id.slice(from.length)]));
  moveBeads(batch, moves, moves);
  batch.database.run("DELETE FROM prefixes WHERE prefix = ?", from);
}

const mentionColumns = [
  "title",
  "description",
  "design",
  "acceptance_criteria",
  "notes",
  "close_reason",
] as const;

function moveBeads(
  batch: Batch,
  moves: ReadonlyMap<BeadId, BeadId>,
  roots: ReadonlyMap<BeadId, BeadId>,
): void {
  const { database } = batch;
  for (const to of moves.values())
    if (!moves.has(to) && batch.findBead(to) !== undefined)
      throw new Conflict(`issue ${to} already exists`, { code: "E_EXISTS", hint: `bd show ${to}` });
  // Foreign keys carry labels, own edges, comments and agents along.
  for (const [from, to] of moves) {
    const row = batch.bead(from);
    database.run("UPDATE issues SET id = ? WHERE id = ?", to, from);
    database.run("UPDATE dependencies SET depends_on_id = ? WHERE depends_on_id = ?", to, from);
    database.run("UPDATE agents SET hook_bead = ? WHERE hook_bead = ?", to, from);
    database.run("UPDATE child_counters SET parent_id = ? WHERE parent_id = ?", to, from);
    leaveTombstone(batch, row, to);
    batch.touch(to);
    batch.record({ id: to, scope: row.scope, type: "renamed", old: { id: from }, new: { id: to } });
    batch.markDirty(row.scope, from);
    batch.blocked.touchWithDependents(to);
  }
  for (const row of mentioning(batch, [...roots.keys()])) renameMentions(batch, row, roots);
}

/** Other clones learn that the old id is gone. */
function leaveTombstone(batch: Batch, row: BeadRow, to: BeadId): void {
  if (row.ephemeral === 1) return;
  batch.database.run(
    `INSERT INTO tombstones (id, scope, deleted_at, deleted_by, reason, record) VALUES (?,?,?,?,?,?)
     ON CONFLICT (id) DO UPDATE SET deleted_at = excluded.deleted_at`,
    row.id,
    row.scope,
    batch.now,
    batch.actor,
    `renamed to ${to}`,
    JSON.stringify({ title: row.title, original_type: row.issue_type }),
  );
  batch.database.run("DELETE FROM tombstones WHERE id = ?", to);
}

function mentioning(batch: Batch, ids: readonly BeadId[]): readonly BeadRow[] {
  // One id is looked for by itself; for a whole prefix every bead is read anyway.
  const [only] = ids;
  if (ids.length === 1 && only !== undefined) {
    const columns = [...mentionColumns, "metadata"].map((column) => `instr(${column}, ?1) > 0`).join(" OR ");
    return batch.database.all<BeadRow>(`SELECT * FROM issues WHERE ${columns}`, { 1: only });
  }
  return batch.database.all<BeadRow>("SELECT * FROM issues");
}

function renameMentions(batch: Batch, row: BeadRow, moves: ReadonlyMap<BeadId, BeadId>): void {
  const columns: Record<string, string> = {};
  for (const column of mentionColumns) {
    const text = renameInText(row[column], moves);
    if (text !== row[column]) columns[column] = text;
  }
  const metadata = JSON.stringify(renameInValue(JSON.parse(row.metadata), moves));
  if (metadata !== row.metadata) columns["metadata"] = metadata;
  if (Object.keys(columns).length === 0) return;
  batch.store(row.id, columns);
  batch.record({ id: row.id, scope: row.scope, type: "updated", new: columns, comment: "ids renamed" });
}
