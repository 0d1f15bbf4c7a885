import { formatTime } from "../../clock.ts";
import {
  type BeadField,
  columnToJson,
  fieldsAfterLabels,
  fieldsBeforeLabels,
  toColumn,
} from "../bead-fields.ts";
import { agentColumn, agentJson } from "../store/agent-columns.ts";
import type { Batch } from "../store/batch.ts";
import type { AgentRow, BeadRow, CommentRow, DependencyRow } from "../store/bead-row.ts";
import type { LedgerDatabase } from "../store/database.ts";
import { touchEdge } from "../store/edges.ts";
import {
  agentKeys,
  type BeadRecord,
  bondKey,
  type CommentRecord,
  compactionKeys,
  type EdgeRecord,
  fieldsAfterBond,
  fieldsBeforeBond,
  knownKeys,
} from "./bead-record.ts";
import { numberOf, parseExact } from "./exact-json.ts";
import { isEmpty } from "./parse-line.ts";

type Column = string | number | null;
type Columns = Readonly<Record<string, Column>>;

/** The record of a stored bead; undefined when there is none. */
export function readRecord(database: LedgerDatabase, id: string): BeadRecord | undefined {
  const row = database.get<BeadRow>("SELECT * FROM issues WHERE id = ?", id);
  return row === undefined ? undefined : recordOfRow(database, row);
}

export function recordOfRow(database: LedgerDatabase, row: BeadRow): BeadRecord {
  const columns = row as unknown as Columns;
  const extra = row.extra === null ? {} : (parseExact(row.extra) as Record<string, unknown>);
  const entries: [string, unknown][] = [];
  putFields(entries, columns, fieldsBeforeLabels);
  for (const key of compactionKeys) if (extra[key] !== undefined) entries.push([key, extra[key]]);
  const labels = database.values<string>("SELECT label FROM labels WHERE issue_id = ?", row.id);
  if (labels.length > 0) entries.push(["labels", labels]);
  const edges = database.all<DependencyRow>("SELECT * FROM dependencies WHERE issue_id = ?", row.id);
  if (edges.length > 0) entries.push(["dependencies", edges.map(edgeRecord)]);
  const comments = database.all<CommentRow>(
    "SELECT * FROM comments WHERE issue_id = ? ORDER BY created_at, id",
    row.id,
  );
  if (comments.length > 0) entries.push(["comments", comments.map(commentRecord)]);
  putFields(entries, columns, fieldsBeforeBond);
  if (extra[bondKey] !== undefined) entries.push([bondKey, extra[bondKey]]);
  putFields(entries, columns, fieldsAfterBond);
  if (row.issue_type === "agent") putAgent(entries, database, row.id);
  const known = knownKeys(row.issue_type);
  for (const [key, value] of Object.entries(extra)) if (!known.has(key)) entries.push([key, value]);
  return Object.fromEntries(entries) as BeadRecord;
}

function putFields(entries: [string, unknown][], columns: Columns, fields: readonly BeadField[]): void {
  for (const field of fields) {
    const column = columns[field.column] ?? null;
    if (field.kind === "object") {
      // Metadata goes out as it came in, digit by digit.
      if (column !== "{}") entries.push([field.json, parseExact(String(column))]);
    } else if (
      field.always === true ||
      !(column === null || column === "" || column === 0 || column === "[]")
    ) {
      entries.push([field.json, columnToJson(field.kind, column)]);
    }
  }
}

function putAgent(entries: [string, unknown][], database: LedgerDatabase, id: string): void {
  const row = database.get<AgentRow>("SELECT * FROM agents WHERE id = ?", id);
  if (row === undefined) return;
  for (const key of agentKeys) {
    const value = agentJson(key, (row as unknown as Columns)[key] ?? null);
    if (!isEmpty(value)) entries.push([key, value]);
  }
}

function edgeRecord(row: DependencyRow): EdgeRecord {
  return {
    issue_id: row.issue_id,
    depends_on_id: row.depends_on_id,
    type: row.type,
    created_at: formatTime(row.created_at),
    ...(row.created_by === "" ? {} : { created_by: row.created_by }),
    ...(row.metadata === "" ? {} : { metadata: row.metadata }),
    ...(row.thread_id === "" ? {} : { thread_id: row.thread_id }),
    ...extraOf(row.extra),
  };
}

function commentRecord(row: CommentRow): CommentRecord {
  return {
    id: row.id,
    issue_id: row.issue_id,
    author: row.author,
    text: row.text,
    created_at: formatTime(row.created_at),
    ...extraOf(row.extra),
  };
}

function extraOf(extra: string | null): Record<string, unknown> {
  return extra === null ? {} : (parseExact(extra) as Record<string, unknown>);
}

/** Makes the stored bead equal to the record, whatever was there; records nothing in the feed. */
export function storeRecord(batch: Batch, record: BeadRecord, scope: string): void {
  const before = batch.findBead(record.id);
  if (before === undefined) insertRow(batch, record, scope);
  else updateRow(batch, record);
  if (before === undefined || before.status !== record.status) batch.blocked.touchWithDependents(record.id);
  storeLabels(batch, record, before !== undefined);
  storeEdges(batch, record, before !== undefined);
  storeComments(batch, record, before !== undefined);
  if (record.issue_type === "agent") storeAgent(batch, record);
  batch.database.run("DELETE FROM tombstones WHERE id = ?", record.id);
}

const storedFields = [...fieldsBeforeLabels, ...fieldsAfterLabels];
const insertSql = `INSERT INTO issues (scope, extra, ${storedFields.map(({ column }) => column).join(", ")})
  VALUES (?, ?${", ?".repeat(storedFields.length)})`;
const updateSql = `UPDATE issues SET extra = ?, ${storedFields.map(({ column }) => `${column} = ?`).join(", ")}, rev = rev + 1 WHERE id = ?`;

function insertRow(batch: Batch, record: BeadRecord, scope: string): void {
  batch.database.run(insertSql, scope, extraColumn(record), ...columnsOf(record));
}

function updateRow(batch: Batch, record: BeadRecord): void {
  batch.database.run(updateSql, extraColumn(record), ...columnsOf(record), record.id);
}

function columnsOf(record: BeadRecord): readonly Column[] {
  return storedFields.map(({ json, kind }) => {
    const value = record[json];
    if (kind === "time" || kind === "optionalTime")
      return typeof value === "string" ? Date.parse(value) : null;
    if (kind === "integer") return numberOf(value) ?? 0;
    if (kind === "optionalInteger") return numberOf(value) ?? null;
    return toColumn(kind, value);
  });
}

function extraColumn(record: BeadRecord): string | null {
  const known = knownKeys(record.issue_type);
  const kept = new Set<string>([...compactionKeys, bondKey]);
  const entries = Object.entries(record).filter(([key]) => !known.has(key) || kept.has(key));
  return entries.length === 0 ? null : JSON.stringify(Object.fromEntries(entries));
}

function storeLabels(batch: Batch, { id, labels = [] }: BeadRecord, exists: boolean): void {
  if (exists)
    batch.database.run(
      "DELETE FROM labels WHERE issue_id = ? AND label NOT IN (SELECT value FROM json_each(?))",
      id,
      JSON.stringify(labels),
    );
  for (const label of labels)
    batch.database.run("INSERT OR IGNORE INTO labels (issue_id, label) VALUES (?, ?)", id, label);
}

function storeEdges(batch: Batch, { id, dependencies = [] }: BeadRecord, exists: boolean): void {
  const { database } = batch;
  const wanted = new Set(dependencies.map((edge) => `${edge.depends_on_id}\n${edge.type}`));
  const present = new Set<string>();
  if (exists) {
    for (const row of database.all<DependencyRow>("SELECT * FROM dependencies WHERE issue_id = ?", id)) {
      const key = `${row.depends_on_id}\n${row.type}`;
      if (wanted.has(key)) {
        present.add(key);
        continue;
      }
      touchEdge(batch, { from: id, to: row.depends_on_id, type: row.type });
      database.run(
        "DELETE FROM dependencies WHERE issue_id = ? AND depends_on_id = ? AND type = ?",
        id,
        row.depends_on_id,
        row.type,
      );
    }
  }
  for (const edge of dependencies) {
    const {
      issue_id: _id,
      depends_on_id,
      type,
      created_at,
      created_by,
      metadata,
      thread_id,
      ...extra
    } = edge;
    database.run(
      `INSERT OR REPLACE INTO dependencies (issue_id, depends_on_id, type, created_at, created_by, metadata, thread_id, extra)
       VALUES (?,?,?,?,?,?,?,?)`,
      id,
      depends_on_id,
      type,
      Date.parse(created_at),
      created_by ?? "",
      metadata ?? "",
      thread_id ?? "",
      Object.keys(extra).length === 0 ? null : JSON.stringify(extra),
    );
    if (!present.has(`${depends_on_id}\n${type}`)) touchEdge(batch, { from: id, to: depends_on_id, type });
  }
}

function storeComments(batch: Batch, { id, comments = [] }: BeadRecord, exists: boolean): void {
  if (exists)
    batch.database.run(
      "DELETE FROM comments WHERE issue_id = ? AND id NOT IN (SELECT value FROM json_each(?))",
      id,
      JSON.stringify(comments.map((comment) => comment.id)),
    );
  for (const comment of comments) {
    const { id: commentId, issue_id: _id, author, text, created_at, ...extra } = comment;
    batch.database.run(
      `INSERT INTO comments (id, issue_id, author, text, created_at, extra) VALUES (?,?,?,?,?,?)
       ON CONFLICT (id) DO UPDATE SET author = excluded.author, text = excluded.text, created_at = excluded.created_at,
         extra = excluded.extra WHERE issue_id = excluded.issue_id`,
      commentId,
      id,
      author,
      text,
      Date.parse(created_at),
      Object.keys(extra).length === 0 ? null : JSON.stringify(extra),
    );
  }
}

/** The agent's row; a bead without an address of its own is known by its title or id. */
function storeAgent(batch: Batch, record: BeadRecord): void {
  const { database } = batch;
  const given = agentKeys.filter((key) => key !== "address" && record[key] !== undefined);
  const address = String(record["address"] ?? (record.title.includes("/") ? record.title : record.id));
  const known = database.value<string>("SELECT id FROM agents WHERE address = ?", address);
  if (known !== undefined && known !== record.id) return;
  database.run(
    "INSERT INTO agents (id, address, role_type) VALUES (?, ?, ?) ON CONFLICT (id) DO NOTHING",
    record.id,
    address,
    String(record["role_type"] ?? "crew"),
  );
  for (const key of given)
    database.run(`UPDATE agents SET ${key} = ? WHERE id = ?`, agentColumn(key, record[key]), record.id);
}
