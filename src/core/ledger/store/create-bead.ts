import { GtError } from "../../gt-error.ts";
import type { BeadId } from "../bead.ts";
import { beadFields, toColumn } from "../bead-fields.ts";
import { labelledTypes } from "../bead-types.ts";
import { Conflict } from "../conflict.ts";
import { defaultLengthRule, type HashLengthRule, hashLength, idHash, isBeadId } from "../new-id.ts";
import type { NewBead } from "../operation.ts";
import {
  checkFields,
  checkLabel,
  checkMetadataSize,
  checkTitle,
  checkType,
  invalid,
  templateError,
} from "../validate-bead.ts";
import type { Batch } from "./batch.ts";
import { checkNewEdge, storeEdge } from "./edges.ts";

const maxDepth = 3;

/** Stores a new bead with its labels and, for a child, the edge to its parent (spec/01 §3, §10.2). */
export function createBead(batch: Batch, given: NewBead): BeadId {
  const bead = { ...given, title: checkTitle(given.title) };
  checkFields(bead);
  const type = bead.type ?? "task";
  checkType(type, batch.context.customTypes);
  if (bead.ephemeral && bead.noHistory) throw invalid("--ephemeral and --no-history are mutually exclusive");
  const parent = bead.parent === undefined ? undefined : batch.bead(bead.parent);
  if (parent?.is_template === 1) throw templateError(parent.id);
  const status = bead.status ?? initialStatus(bead, batch.now);
  batch.context.statuses.check(status);

  const scope = scopeOf(batch, bead, type, parent?.scope);
  const createdAt = bead.createdAt ?? batch.now;
  const id = idOf(batch, bead, scope, createdAt, parent?.id);
  const isClosed = status === "closed";
  const values: Record<string, unknown> = {
    ...bead,
    id,
    scope,
    type,
    status,
    priority: bead.priority ?? 2,
    createdAt,
    createdBy: batch.actor,
    updatedAt: Math.max(batch.now, createdAt),
    updatedBy: batch.actor,
    startedAt: status === "in_progress" ? batch.now : undefined,
    closedAt: isClosed ? batch.now : undefined,
    outcome: isClosed ? bead.outcome || "success" : "",
    pinned: bead.pinned === true || status === "pinned",
    timeoutNs: bead.timeoutNs ?? 0,
    metadata: batch.fillIn(bead.metadata ?? {}),
  };
  const columns = beadFields.map((field) => toColumn(field.kind, values[field.property]));
  checkMetadataSize(String(columns[metadataIndex]));
  batch.database.run(insertSql, scope, ...columns);

  const labels = new Set((bead.labels ?? []).map(checkLabel));
  if (labelledTypes.has(type)) labels.add(`gt:${type}`);
  if (bead.isTemplate) labels.add("template");
  if (parent !== undefined && bead.inheritLabels === true)
    for (const label of inheritedLabels(batch, parent.id)) labels.add(label);
  for (const label of labels)
    batch.database.run("INSERT INTO labels (issue_id, label) VALUES (?, ?)", id, label);

  batch.record({
    id,
    scope,
    type: "created",
    new: {
      title: bead.title,
      issue_type: type,
      status,
      priority: bead.priority ?? 2,
      ...(bead.assignee ? { assignee: bead.assignee } : {}),
    },
  });
  batch.created.push(id);
  if (parent !== undefined) {
    const edge = { from: id, to: parent.id, type: "parent-child" };
    checkNewEdge(batch, edge);
    storeEdge(batch, edge, scope);
  }
  // Edges may have been waiting for this id (import order, other clones).
  batch.blocked.touchWithDependents(id);
  return id;
}

const metadataIndex = beadFields.findIndex(({ property }) => property === "metadata");
const insertSql = `INSERT INTO issues (scope, ${beadFields.map(({ column }) => column).join(", ")})
  VALUES (?${", ?".repeat(beadFields.length)})`;

function initialStatus(bead: NewBead, now: number): string {
  if (bead.type === "event") return "closed";
  return typeof bead.deferUntil === "number" && bead.deferUntil > now ? "deferred" : "open";
}

function scopeOf(batch: Batch, bead: NewBead, type: string, parentScope: string | undefined): string {
  const { prefixes, defaultScope } = batch.context;
  if (bead.scope !== undefined) return bead.scope;
  if (bead.prefix !== undefined) {
    const scope = prefixes.scopeOfPrefix(bead.prefix);
    if (scope !== undefined) return scope;
    if (bead.allowForeignPrefix !== true)
      throw invalid(`unknown prefix "${bead.prefix}" (known: ${prefixes.prefixes.join(", ")})`);
  }
  if (bead.id !== undefined) {
    const scope = prefixes.scopeOfId(bead.id);
    if (scope !== undefined) return scope;
  }
  return parentScope ?? prefixes.scopeFor(type, defaultScope);
}

function idOf(
  batch: Batch,
  bead: NewBead,
  scope: string,
  createdAt: number,
  parent: BeadId | undefined,
): BeadId {
  if (bead.id !== undefined) {
    // Whoever makes a bead again takes its deletion back.
    batch.database.run("DELETE FROM tombstones WHERE id = ?", bead.id);
    checkExplicitId(batch, bead.id, bead.allowForeignPrefix === true ? "any" : "registered");
    return bead.id;
  }
  if (parent !== undefined) return nextChildId(batch, parent);
  const prefix = bead.prefix ?? batch.context.prefixes.prefixOfScope(scope);
  const stem = bead.infix === undefined ? `${prefix}-` : `${prefix}-${bead.infix}-`;
  return generateId(batch, stem, {
    title: bead.title,
    description: bead.description ?? "",
    creator: batch.actor,
    createdAt,
  });
}

function checkExplicitId(batch: Batch, id: BeadId, prefix: "registered" | "any"): void {
  if (!isBeadId(id)) throw invalid(`invalid id "${id}"`);
  const { prefixes } = batch.context;
  if (prefix === "registered" && prefixes.scopeOfId(id) === undefined)
    throw new GtError(
      "E_PREFIX",
      `prefix mismatch: "${id}" does not start with a known prefix (${prefixes.prefixes.join(", ")}); use --force to override`,
      { exitCode: 2 },
    );
  if (batch.findBead(id) !== undefined)
    throw new Conflict(`issue ${id} already exists`, { code: "E_EXISTS", hint: `bd show ${id}` });
}

/** `<parent>.<N>`; numbers are never used again (spec/01 §3.3). */
export function nextChildId(batch: Batch, parent: BeadId): BeadId {
  const { database } = batch;
  const limit = Number(
    database.value<string>("SELECT value FROM config WHERE key = 'hierarchy.max-depth'") ?? maxDepth,
  );
  if (parent.split(".").length > limit)
    throw invalid(`maximum hierarchy depth (${limit}) exceeded for parent ${parent}`);
  let last = database.value<number>("SELECT last_child FROM child_counters WHERE parent_id = ?", parent);
  const highest = database.value<number>(
    `SELECT max(CAST(substr(id, ?) AS INTEGER)) FROM issues
     WHERE id > ? AND id < ? AND substr(id, ?) NOT GLOB '*[^0-9]*'`,
    parent.length + 2,
    `${parent}.`,
    `${parent}/`,
    parent.length + 2,
  );
  last = Math.max(last ?? 0, highest ?? 0) + 1;
  database.run(
    "INSERT INTO child_counters (parent_id, last_child) VALUES (?, ?) ON CONFLICT (parent_id) DO UPDATE SET last_child = excluded.last_child",
    parent,
    last,
  );
  return `${parent}.${last}`;
}

interface IdSource {
  readonly title: string;
  readonly description: string;
  readonly creator: string;
  readonly createdAt: number;
}

/** An id that no live bead and no young tombstone has (spec/01 §3.2). */
export function generateId(batch: Batch, stem: string, source: IdSource): BeadId {
  const rule = lengthRule(batch);
  for (let length = hashLength(countIds(batch, stem), rule); length <= rule.longest; length++) {
    for (let nonce = 0; nonce < 10; nonce++) {
      const id = stem + idHash({ ...source, nonce }, length);
      if (isFree(batch, id)) return id;
    }
  }
  throw new GtError("E_ID", `could not generate a unique id for prefix ${stem.slice(0, -1)}`);
}

function isFree(batch: Batch, id: BeadId): boolean {
  return (
    batch.database.value(
      "SELECT 1 FROM issues WHERE id = ? UNION ALL SELECT 1 FROM tombstones WHERE id = ?",
      id,
      id,
    ) === undefined
  );
}

function lengthRule(batch: Batch): HashLengthRule {
  const rows = batch.database.all<{ key: string; value: string }>(
    "SELECT key, value FROM config WHERE key IN ('min_hash_length', 'max_hash_length', 'max_collision_prob')",
  );
  if (rows.length === 0) return defaultLengthRule;
  const config = new Map(rows.map(({ key, value }) => [key, Number(value)]));
  return {
    shortest: config.get("min_hash_length") ?? defaultLengthRule.shortest,
    longest: config.get("max_hash_length") ?? defaultLengthRule.longest,
    maxCollisionProbability: config.get("max_collision_prob") ?? defaultLengthRule.maxCollisionProbability,
  };
}

interface IdCount {
  count: number;
  /** Ids handed out since the count was taken. */
  fresh: number;
}

// Counting reads the whole range of a prefix. The length only depends on the order of magnitude, so a process counts
// once and then every thousand beads.
const countsByDatabase = new WeakMap<object, Map<string, IdCount>>();

function countIds(batch: Batch, stem: string): number {
  let counts = countsByDatabase.get(batch.database);
  if (counts === undefined) {
    counts = new Map();
    countsByDatabase.set(batch.database, counts);
  }
  let known = counts.get(stem);
  if (known === undefined || known.fresh >= 1000) {
    const count = batch.database.value<number>(
      "SELECT count(*) FROM issues WHERE id >= ? AND id < ? AND instr(substr(id, ?), '.') = 0 AND instr(substr(id, ?), '-') = 0",
      stem,
      `${stem.slice(0, -1)}.`,
      stem.length + 1,
      stem.length + 1,
    );
    known = { count: count ?? 0, fresh: 0 };
    counts.set(stem, known);
  }
  known.fresh++;
  return known.count + known.fresh - 1;
}

/** Labels of a parent that its children take over (spec/01 §5.1). */
function inheritedLabels(batch: Batch, parent: BeadId): readonly string[] {
  const labels = batch.database.values<string>("SELECT label FROM labels WHERE issue_id = ?", parent);
  return labels.filter((label) => {
    if (/^(gt|from|thread|provides):/.test(label) || label === "template") return false;
    const colon = label.indexOf(":");
    return colon < 0 || !isStateDimension(batch, parent, label.slice(0, colon));
  });
}

function isStateDimension(batch: Batch, id: BeadId, dimension: string): boolean {
  return (
    batch.database.value(
      `SELECT 1 FROM dependencies d JOIN issues i ON i.id = d.issue_id
       WHERE d.depends_on_id = ? AND d.type = 'parent-child' AND i.event_kind = ?`,
      id,
      `state.${dimension}`,
    ) !== undefined
  );
}
