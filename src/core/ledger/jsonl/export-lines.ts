import { formatTime } from "../../clock.ts";
import type { BeadRow } from "../store/bead-row.ts";
import type { LedgerDatabase } from "../store/database.ts";
import type { SqliteLedger } from "../store/sqlite-ledger.ts";
import { type BeadRecord, formatMemory, formatRecord, formatTombstone } from "./bead-record.ts";
import { compareBytes } from "./parse-line.ts";
import { recordOfRow } from "./stored-record.ts";

/** Types that stay in their own clone (spec/01 §9.1). */
const localTypes: ReadonlySet<string> = new Set(["agent", "role", "event"]);

export function isExported(row: BeadRow): boolean {
  return (
    row.ephemeral === 0 && row.no_history === 0 && row.is_template === 0 && !localTypes.has(row.issue_type)
  );
}

/** The line of a bead or of its tombstone; undefined when other clones do not see it, or when it was deleted before `since`. */
export function exportLine(
  database: LedgerDatabase,
  id: string,
  scope: string,
  since: number,
): string | undefined {
  const row = database.get<BeadRow>("SELECT * FROM issues WHERE id = ?", id);
  if (row !== undefined)
    return isExported(row) && row.scope === scope ? formatRecord(recordOfRow(database, row)) : undefined;
  const tombstone = database.get<TombstoneRow & Record<string, string | number>>(
    "SELECT id, deleted_at, deleted_by, reason, record FROM tombstones WHERE id = ? AND scope = ? AND deleted_at > ?",
    id,
    scope,
    since,
  );
  return tombstone === undefined ? undefined : tombstoneLine(tombstone);
}

interface TombstoneRow {
  readonly id: string;
  readonly deleted_at: number;
  readonly deleted_by: string;
  readonly reason: string;
  readonly record: string;
}

function tombstoneLine(row: TombstoneRow): string {
  const record = JSON.parse(row.record) as { title?: string; original_type?: string };
  return formatTombstone({
    id: row.id,
    title: record.title ?? "",
    deleted_at: formatTime(row.deleted_at),
    deleted_by: row.deleted_by,
    delete_reason: row.reason,
    original_type: record.original_type ?? "",
  });
}

export interface ExportChoice {
  /** Only this scope. */
  readonly scope?: string;
  /** Wisps, templates and local types too, and memories. */
  readonly everything?: boolean;
  /** Agents, roles and event beads too. */
  readonly includeInfrastructure?: boolean;
  readonly includeMemories?: boolean;
  /** Leaves out beads whose title looks like test data. */
  readonly scrub?: boolean;
  /** Adds `dependency_count`, `dependent_count` and `comment_count`. */
  readonly counts?: boolean;
}

const testTitle = /^(?:test|benchmark|sample|tmp|temp|debug|dummy)[-_ ]/i;

/** The lines of `bd export`, sorted by id, each with its break (spec/01 §10.5). Streams, so that any size fits. */
export function* exportLines(ledger: SqliteLedger, choice: ExportChoice = {}): Generator<string> {
  const { database } = ledger;
  const ids = database.values<string>(
    "SELECT id FROM issues WHERE ?1 IS NULL OR scope = ?1 UNION SELECT id FROM tombstones WHERE ?1 IS NULL OR scope = ?1",
    { 1: choice.scope ?? null },
  );
  for (const id of ids.sort(compareBytes)) {
    const line = chosenLine(ledger, id, choice);
    if (line !== undefined) yield `${line}\n`;
  }
  if (choice.everything !== true && choice.includeMemories !== true) return;
  const memories = database.all<{ key: string; value: string }>(
    "SELECT key, value FROM kv WHERE ns = 'memory' ORDER BY key",
  );
  for (const memory of memories) yield `${formatMemory(memory)}\n`;
}

function chosenLine(ledger: SqliteLedger, id: string, choice: ExportChoice): string | undefined {
  const { database } = ledger;
  const row = database.get<BeadRow>("SELECT * FROM issues WHERE id = ?", id);
  if (row === undefined) {
    const scope = database.value<string>("SELECT scope FROM tombstones WHERE id = ?", id) ?? "";
    return exportLine(database, id, scope, ledger.clock.now() - ledger.tombstoneTtlMs);
  }
  const isWanted =
    choice.everything === true ||
    isExported(row) ||
    (choice.includeInfrastructure === true && localTypes.has(row.issue_type) && row.ephemeral === 0);
  if (!isWanted || (choice.scrub === true && testTitle.test(row.title))) return undefined;
  const record = recordOfRow(database, row);
  return formatRecord(choice.counts === true ? withCounts(database, record) : record);
}

function withCounts(database: LedgerDatabase, record: BeadRecord): BeadRecord {
  return {
    ...record,
    dependency_count: record.dependencies?.length ?? 0,
    dependent_count:
      database.value<number>("SELECT count(*) FROM dependencies WHERE depends_on_id = ?", record.id) ?? 0,
    comment_count: record.comments?.length ?? 0,
  };
}
