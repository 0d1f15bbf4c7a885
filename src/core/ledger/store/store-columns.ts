import { formatTime } from "../../clock.ts";
import { GtError } from "../../gt-error.ts";
import type { BeadId, Outcome } from "../bead.ts";
import { columnToJson, fieldOfProperty } from "../bead-fields.ts";
import type { Batch } from "./batch.ts";
import type { BeadRow } from "./bead-row.ts";
import { changedParts } from "./changed-parts.ts";
import { findCycleThrough } from "./cycles.ts";
import { parentOf } from "./edges.ts";

type Column = string | number | null;

/** Writes the columns as one revision with one row in the feed, and keeps derived state right. */
export function storeColumns(
  batch: Batch,
  row: BeadRow,
  columns: Readonly<Record<string, Column>>,
  comment?: string,
): void {
  const { statuses } = batch.context;
  batch.store(row.id, columns);
  // A bead that becomes local has to leave the exported file.
  if ("ephemeral" in columns || "no_history" in columns) batch.markDirty(row.scope, row.id);
  const status = columns["status"];
  if (typeof status !== "string" || status === row.status) {
    if (row.no_history === 0) recordColumns(batch, row, columns, "updated", comment);
    else batch.changedSilently();
    return;
  }
  recordColumns(batch, row, columns, statusChange(row.status, status), comment);
  const isSettled = statuses.isSettled(status);
  if (statuses.isSettled(row.status) !== isSettled || status === "closed" || row.status === "closed") {
    batch.blocked.touchWithDependents(row.id);
    if (!isSettled) refuseCycle(batch, row.id);
  }
  if (status === "closed") afterClose(batch, row.id);
}

function statusChange(before: string, after: string): string {
  if (after === "closed") return "closed";
  if (before === "closed") return "reopened";
  if (after === "deferred") return "deferred";
  if (before === "deferred" && after === "open") return "undeferred";
  return "status_changed";
}

function refuseCycle(batch: Batch, id: BeadId): void {
  const cycle = findCycleThrough(batch.database, batch.context.statuses, id);
  if (cycle === undefined) return;
  throw new GtError("E_DEPENDENCY", `making ${id} active again would create a cycle: ${cycle.join(" -> ")}`, {
    exitCode: 2,
    hint: `bd dep remove ${cycle[0]} ${cycle[1]}`,
  });
}

const fieldOfColumn = new Map([...fieldOfProperty.values()].map((field) => [field.column, field]));

function recordColumns(
  batch: Batch,
  row: BeadRow,
  columns: Readonly<Record<string, Column>>,
  type: string,
  comment: string | undefined,
): void {
  const before = row as unknown as Readonly<Record<string, Column>>;
  const old: Record<string, unknown> = {};
  const now: Record<string, unknown> = {};
  for (const [column, value] of Object.entries(columns)) {
    const field = fieldOfColumn.get(column);
    if (field === undefined) continue;
    old[field.json] = columnToJson(field.kind, before[column] ?? null);
    now[field.json] = columnToJson(field.kind, value);
  }
  // A molecule keeps all of its steps' texts there, and changes with each step: the feed would hold them again and again.
  if (row.issue_type === "molecule" && "metadata" in now) {
    const parts = changedParts(old["metadata"], now["metadata"]);
    old["metadata"] = parts.before;
    now["metadata"] = parts.after;
  }
  batch.record({ id: row.id, scope: row.scope, type, old, new: now, comment });
}

/** Closes the bead without asking the rules, with all that follows. */
export function storeClosed(
  batch: Batch,
  row: BeadRow,
  reason: string,
  outcome: Outcome,
  session: string | undefined,
): void {
  const columns: Record<string, string | number | null> = {
    status: "closed",
    closed_at: batch.now,
    close_reason: reason,
    outcome,
    closed_by_session: session ?? "",
  };
  if (row.status === "pinned") columns["pinned"] = 0;
  if (row.status === "deferred" && row.defer_until !== null) columns["defer_until"] = null;
  storeColumns(batch, row, columns, reason);
}

/** What follows from a close: gates are resolved or armed, alternatives skipped, finished molecules closed. */
function afterClose(batch: Batch, id: BeadId): void {
  const row = batch.bead(id);
  if (row.issue_type === "gate") gateResolved(batch, row);
  if (row.outcome !== "failure") skipAlternatives(batch, id);
  armGates(batch, id);
  closeFinishedMolecule(batch, id);
}

function gateResolved(batch: Batch, row: BeadRow): void {
  const { id, scope, outcome, close_reason: comment } = row;
  batch.record({ id, scope, type: "gate_resolved", new: { outcome }, comment });
  batch.report({ type: "gate_resolved", payload: { gate: id, type: row.await_type, reason: comment } });
}

/** A gate of a workflow counts from when nothing but gates holds its step back any more (spec/02 §14.1). */
function armGates(batch: Batch, id: BeadId): void {
  const { settledSql } = batch.context.statuses;
  const gates = batch.database.values<string>(
    `SELECT DISTINCT g.id FROM dependencies d
       JOIN dependencies e ON e.issue_id = d.issue_id AND e.type = 'blocks'
       JOIN issues g ON g.id = e.depends_on_id
     WHERE d.depends_on_id = ? AND d.type IN ('blocks', 'conditional-blocks')
       AND g.issue_type = 'gate' AND g.status <> 'closed' AND json_extract(g.metadata, '$.gate.state') = 'waiting'
       AND NOT EXISTS (SELECT 1 FROM dependencies o JOIN issues a ON a.id = o.depends_on_id
         WHERE o.issue_id = d.issue_id AND o.type IN ('blocks', 'conditional-blocks')
           AND a.issue_type <> 'gate' AND a.status NOT IN (${settledSql}))`,
    id,
  );
  for (const gate of gates) {
    const row = batch.bead(gate);
    const metadata = JSON.parse(row.metadata) as Readonly<Record<string, unknown>>;
    const own = metadata["gate"] as Readonly<Record<string, unknown>>;
    const armed = { ...own, state: "armed", armed_at: formatTime(batch.now) };
    storeColumns(batch, row, { metadata: JSON.stringify({ ...metadata, gate: armed }) });
    batch.report({ type: "gate_armed", payload: { gate, type: row.await_type, reason: row.title } });
  }
}

/** Beads that would have run only if this one had failed (spec/01 §4.2). */
function skipAlternatives(batch: Batch, id: BeadId): void {
  const alternatives = batch.database.values<string>(
    "SELECT issue_id FROM dependencies WHERE depends_on_id = ? AND type = 'conditional-blocks'",
    id,
  );
  for (const alternative of alternatives) skip(batch, alternative, `skipped: ${id} did not fail`);
}

function skip(batch: Batch, id: BeadId, reason: string): void {
  const row = batch.bead(id);
  const isUnderWay = row.status === "hooked" || row.status === "in_progress";
  if (isUnderWay || batch.context.statuses.isSettled(row.status)) return;
  const children = batch.database.values<string>(
    "SELECT issue_id FROM dependencies WHERE depends_on_id = ? AND type = 'parent-child'",
    id,
  );
  storeClosed(batch, row, reason, "skipped", undefined);
  for (const child of children) skip(batch, child, reason);
}

function closeFinishedMolecule(batch: Batch, id: BeadId): void {
  const { settledSql } = batch.context.statuses;
  const seen = new Set([id]);
  for (let at = parentOf(batch, id); at !== undefined && !seen.has(at); at = parentOf(batch, at)) {
    seen.add(at);
    const root = batch.findBead(at);
    if (root === undefined) return;
    if (!isMoleculeRoot(batch, root)) continue;
    // Slung by itself, the molecule is the work: whoever does it hands it in.
    if (batch.context.statuses.isSettled(root.status) || isDispatched(root)) return;
    const open = batch.database.value(
      `SELECT 1 FROM dependencies d JOIN issues c ON c.id = d.issue_id
       WHERE d.depends_on_id = ? AND d.type = 'parent-child' AND c.status NOT IN (${settledSql}) LIMIT 1`,
      root.id,
    );
    if (open === undefined) storeClosed(batch, root, "all steps complete", "success", undefined);
    if (open === undefined && root.issue_type === "molecule")
      batch.report({
        type: "mol_complete",
        payload: { root: root.id, formula: root.source_formula || root.title, outcome: "success" },
      });
    return;
  }
}

const isDispatched = (row: BeadRow): boolean =>
  (JSON.parse(row.metadata) as Readonly<Record<string, unknown>>)["attachment"] !== undefined;

/** Also a step that only holds other steps; never a step under which somebody filed more work. */
function isMoleculeRoot(batch: Batch, row: BeadRow): boolean {
  const step: unknown = (JSON.parse(row.metadata) as Readonly<Record<string, unknown>>)["step"];
  if (typeof step === "object" && step !== null) return "container" in step;
  if (row.issue_type === "molecule" || row.ephemeral === 1) return true;
  return (
    row.issue_type === "epic" &&
    batch.database.value("SELECT 1 FROM labels WHERE issue_id = ? AND label = 'template'", row.id) !==
      undefined
  );
}
