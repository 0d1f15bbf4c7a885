import type { BeadId } from "../bead.ts";
import { Conflict } from "../conflict.ts";
import { templateError } from "../validate-bead.ts";
import type { Batch } from "./batch.ts";
import { addLabel } from "./labels.ts";
import { storeColumns } from "./store-columns.ts";

/** Takes a bead for the actor, or fails because somebody else has it (spec/01 §7.5). */
export function claimBead(batch: Batch, id: BeadId): void {
  const { actor } = batch;
  const row = batch.bead(id);
  if (row.is_template === 1) throw templateError(row.id);
  if (row.work_type === "open_competition") {
    addLabel(batch, id, `competitor:${actor}`);
    return;
  }
  if (row.status === "in_progress" && row.assignee === actor) return;
  const isFree = row.assignee === "" || row.assignee === actor;
  const hasWoken = row.status === "deferred" && row.defer_until !== null && row.defer_until <= batch.now;
  const isMine = row.status === "hooked" && row.assignee === actor;
  if (row.status === "open" || hasWoken || isMine) {
    if (!isFree) throw alreadyClaimed(id, row.assignee);
  } else if (row.assignee !== "" && !isFree) {
    throw alreadyClaimed(id, row.assignee);
  } else {
    throw new Conflict(`not claimable: status ${row.status}`, { code: "E_CLAIMED", hint: `bd show ${id}` });
  }
  batch.store(id, {
    status: "in_progress",
    assignee: actor,
    started_at: row.started_at ?? batch.now,
    defer_until: row.status === "deferred" ? null : row.defer_until,
  });
  batch.record({
    id,
    scope: row.scope,
    type: "claimed",
    old: { status: row.status, assignee: row.assignee },
    new: { status: "in_progress", assignee: actor },
  });
}

function alreadyClaimed(id: BeadId, assignee: string): Conflict {
  return new Conflict(`already claimed by ${assignee}`, {
    code: "E_CLAIMED",
    hint: `bd show ${id}`,
    details: { id, assignee },
  });
}

/** Makes the wisp and the wisps below it durable (spec/01 §5.5). */
export function promoteBead(batch: Batch, id: BeadId, reason: string): void {
  const row = batch.bead(id);
  if (row.ephemeral === 1) {
    storeColumns(batch, row, { ephemeral: 0 });
    addLabel(batch, row.id, "promoted");
    batch.record({ id: row.id, scope: row.scope, type: "promoted", comment: reason });
  }
  const children = batch.database.values<string>(
    `SELECT d.issue_id FROM dependencies d JOIN issues c ON c.id = d.issue_id
     WHERE d.depends_on_id = ? AND d.type = 'parent-child' AND c.ephemeral = 1`,
    row.id,
  );
  for (const child of children) promoteBead(batch, child, reason);
}
