import type { Change, ChangeOptions, ChangePage } from "../ledger.ts";
import { headOf, isUnattendedTx } from "./batch.ts";
import type { LedgerDatabase } from "./database.ts";

const defaultLimit = 500;

interface EventRow {
  readonly seq: number;
  readonly tx: string;
  readonly issue_id: string;
  readonly scope: string;
  readonly event_type: string;
  readonly actor: string;
  readonly old_value: string | null;
  readonly new_value: string | null;
  readonly comment: string | null;
  readonly created_at: number;
}

/** Rows of the feed after `since` (spec/01 §7.4). */
export function changesSince(database: LedgerDatabase, since: number, options: ChangeOptions): ChangePage {
  const head = headOf(database);
  const floor = Number(database.value<string>("SELECT value FROM meta WHERE key = 'feed_floor'") ?? 0);
  const where = ["seq > ?"];
  const params: (string | number)[] = [since];
  if (options.scopes !== undefined) {
    where.push("scope IN (SELECT value FROM json_each(?))");
    params.push(JSON.stringify(options.scopes));
  }
  if (options.types !== undefined) {
    where.push("event_type IN (SELECT value FROM json_each(?))");
    params.push(JSON.stringify(options.types));
  }
  if (options.bead !== undefined) {
    where.push("issue_id = ?");
    params.push(options.bead);
  }
  const limit = options.limit ?? defaultLimit;
  const rows = database.all<EventRow & Record<string, string | number | null>>(
    `SELECT seq, tx, issue_id, scope, event_type, actor, old_value, new_value, comment, created_at
     FROM events WHERE ${where.join(" AND ")} ORDER BY seq LIMIT ?`,
    ...params,
    limit <= 0 ? -1 : limit,
  );
  const isFull = limit > 0 && rows.length === limit;
  return {
    from: since,
    to: isFull ? (rows.at(-1)?.seq ?? head) : head,
    reset: since < floor,
    changes: rows.map(toChange),
  };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export function toChange(row: EventRow): Change {
  const change: Writable<Change> = {
    seq: row.seq,
    tx: row.tx,
    beadId: row.issue_id,
    scope: row.scope,
    type: row.event_type,
    actor: row.actor,
    createdAt: row.created_at,
  };
  if (row.old_value !== null) change.oldValue = JSON.parse(row.old_value) as Record<string, unknown>;
  if (row.new_value !== null) change.newValue = JSON.parse(row.new_value) as Record<string, unknown>;
  if (row.comment !== null) change.comment = row.comment;
  if (isUnattendedTx(row.tx)) change.isUnattended = true;
  return change;
}
