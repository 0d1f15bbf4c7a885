import { GtError } from "../../gt-error.ts";
import type { BeadId } from "../bead.ts";
import type { NewDependency } from "../operation.ts";
import { templateError } from "../validate-bead.ts";
import type { Batch } from "./batch.ts";
import { findCycle } from "./cycles.ts";

/** Types that can hold a bead back (spec/01 §4.1). */
export const blockingTypes: ReadonlySet<string> = new Set(["blocks", "conditional-blocks", "waits-for"]);

const spellings: Readonly<Record<string, string>> = { "depends-on": "blocks", "blocked-by": "blocks" };

/** The type meant by what was typed: `_` for `-`, `depends-on` for `blocks`. */
export function canonicalDependencyType(type: string): string {
  const hyphenated = type.trim().replaceAll("_", "-");
  return spellings[hyphenated] ?? hyphenated;
}

/** `external:<project>:<id>` is the bead itself when the id is one of ours. */
export function canonicalTarget(batch: Batch, to: string): string {
  const match = /^external:[^:]+:(.+)$/.exec(to);
  const id = match?.[1];
  return id !== undefined && batch.context.prefixes.scopeOfId(id) !== undefined ? id : to;
}

export function addEdge(batch: Batch, given: NewDependency): void {
  const from = batch.bead(given.from);
  const edge = {
    ...given,
    from: from.id,
    to: canonicalTarget(batch, batch.resolve(given.to)),
    type: canonicalDependencyType(given.type ?? "blocks"),
  };
  if (from.is_template === 1) throw templateError(from.id);
  const existing = batch.database.get<{ metadata: string; thread_id: string }>(
    "SELECT metadata, thread_id FROM dependencies WHERE issue_id = ? AND depends_on_id = ? AND type = ?",
    edge.from,
    edge.to,
    edge.type,
  );
  if (existing === undefined) {
    checkNewEdge(batch, edge);
    storeEdge(batch, edge, from.scope);
    batch.touch(edge.from);
    return;
  }
  const metadata = edge.metadata ?? existing.metadata;
  const threadId = edge.threadId ?? existing.thread_id;
  if (metadata === existing.metadata && threadId === existing.thread_id) return;
  batch.database.run(
    "UPDATE dependencies SET metadata = ?, thread_id = ? WHERE issue_id = ? AND depends_on_id = ? AND type = ?",
    metadata,
    threadId,
    edge.from,
    edge.to,
    edge.type,
  );
  touchEdge(batch, edge);
  batch.touch(edge.from);
  batch.record({
    id: edge.from,
    scope: from.scope,
    type: "dependency_added",
    new: edgeValue({ ...edge, metadata }),
  });
}

type Edge = NewDependency & { readonly type: string };

/** The first three rules of spec/01 §4.3; the general search runs once the edge is stored. */
export function checkNewEdge(batch: Batch, edge: Edge): void {
  const { from, to, type } = edge;
  if (from === to) throw refused(`cannot add self-dependency: ${from}`);
  if (type.length < 1 || type.length > 50) throw refused(`invalid dependency type "${type}"`);
  if (type === "parent-child") {
    const parent = parentOf(batch, from);
    if (parent !== undefined)
      throw refused(`${from} already has parent ${parent}; use bd update --parent to move it`);
  }
  if (type === "blocks" || type === "conditional-blocks") {
    if (hasAncestor(batch, from, to)) throw deadlock(from, to);
    if (hasAncestor(batch, to, from)) throw deadlock(to, from);
  }
}

export function storeEdge(batch: Batch, edge: Edge, scope: string): void {
  batch.database.run(
    "INSERT INTO dependencies (issue_id, depends_on_id, type, created_at, created_by, metadata, thread_id) VALUES (?,?,?,?,?,?,?)",
    edge.from,
    edge.to,
    edge.type,
    batch.now,
    batch.actor,
    edge.metadata ?? "",
    edge.threadId ?? "",
  );
  if (edge.skipCycleCheck !== true) {
    const cycle = findCycle(batch.database, batch.context.statuses, edge);
    if (cycle !== undefined) throw refused(`adding dependency would create a cycle: ${cycle.join(" -> ")}`);
  }
  touchEdge(batch, edge);
  batch.record({ id: edge.from, scope, type: "dependency_added", new: edgeValue(edge) });
}

/** Removes the edges of the pair, all of them unless `type` is given; none is fine too. */
export function removeEdges(batch: Batch, fromId: BeadId, toId: string, type: string | undefined): void {
  const from = batch.bead(fromId);
  const to = canonicalTarget(batch, batch.resolve(toId));
  if (from.is_template === 1) throw templateError(from.id);
  const types = batch.database.values<string>(
    "SELECT type FROM dependencies WHERE issue_id = ? AND depends_on_id = ?",
    from.id,
    to,
  );
  const wanted = type === undefined ? undefined : canonicalDependencyType(type);
  const doomed = types.filter((candidate) => wanted === undefined || candidate === wanted);
  for (const each of doomed) {
    const edge = { from: from.id, to, type: each };
    touchEdge(batch, edge);
    batch.database.run(
      "DELETE FROM dependencies WHERE issue_id = ? AND depends_on_id = ? AND type = ?",
      from.id,
      to,
      each,
    );
    batch.record({ id: from.id, scope: from.scope, type: "dependency_removed", old: edgeValue(edge) });
  }
  if (doomed.length > 0) batch.touch(from.id);
}

/** Notes whose blocked state an edge can change, by its coming or going. */
export function touchEdge(
  batch: Batch,
  edge: { readonly from: BeadId; readonly to: string; readonly type: string },
): void {
  if (!blockingTypes.has(edge.type) && edge.type !== "parent-child") return;
  batch.blocked.touch(edge.from);
  if (edge.type === "parent-child") batch.blocked.touchWaitersOf(edge.to);
}

export function parentOf(batch: Batch, id: BeadId): BeadId | undefined {
  return batch.database.value<string>(
    "SELECT depends_on_id FROM dependencies WHERE issue_id = ? AND type = 'parent-child'",
    id,
  );
}

export function hasAncestor(batch: Batch, id: BeadId, ancestor: BeadId): boolean {
  const seen = new Set<string>();
  for (let at = parentOf(batch, id); at !== undefined && !seen.has(at); at = parentOf(batch, at)) {
    if (at === ancestor) return true;
    seen.add(at);
  }
  return false;
}

function edgeValue(edge: {
  readonly to: string;
  readonly type: string;
  readonly metadata?: string | undefined;
}): Record<string, unknown> {
  return { depends_on_id: edge.to, type: edge.type, ...(edge.metadata ? { metadata: edge.metadata } : {}) };
}

function deadlock(child: BeadId, ancestor: BeadId): GtError {
  return refused(`cannot add dependency: ${child} is a descendant of ${ancestor}; this would deadlock`);
}

function refused(message: string): GtError {
  return new GtError("E_DEPENDENCY", message, { exitCode: 2 });
}
