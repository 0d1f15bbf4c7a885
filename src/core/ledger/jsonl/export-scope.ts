import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { formatTime } from "../../clock.ts";
import { GtError } from "../../gt-error.ts";
import { headOf } from "../store/batch.ts";
import type { LedgerDatabase } from "../store/database.ts";
import type { SqliteLedger } from "../store/sqlite-ledger.ts";
import { exportLine } from "./export-lines.ts";
import { compareBytes } from "./parse-line.ts";

export interface ExportOptions {
  readonly scope: string;
  /** The file, e.g. `<town>/<rig>/.beads/issues.jsonl`. */
  readonly path: string;
  readonly now: number;
  /** Serialises every bead anew instead of the changed ones. */
  readonly rebuild?: boolean;
  /** Writes even when most beads would be missing (spec/01 §9.1). */
  readonly force?: boolean;
}

export interface ExportReport {
  readonly scope: string;
  /** Beads in the file. */
  readonly exported: number;
  /** Lines that are new, different or gone since the last export. */
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
  /** Whether the file was written; an export that would change nothing leaves it alone. */
  readonly written: boolean;
}

/** Below half of what the file had before, somebody probably lost the database and not the beads. */
const guardRatio = 0.5;
const guardLeast = 5;

interface Plan {
  readonly head: number;
  /** New line by id; undefined takes the line away. */
  readonly lines: ReadonlyMap<string, string | undefined>;
  /** Beads, without tombstones. */
  readonly before: number;
  readonly after: number;
  /** Beads that would be gone without a trace: a tombstone counts as present. */
  readonly lost: number;
  readonly added: number;
  readonly changed: number;
  readonly removed: number;
}

/**
 * Brings the scope's file up to date (spec/01 §9.1). Only beads written since the last export are serialised. A crash at
 * any point only repeats work. `E_EXPORT_REFUSED` when most beads would be gone; the new content is then kept beside it.
 */
export async function exportScope(ledger: SqliteLedger, options: ExportOptions): Promise<ExportReport> {
  const { database } = ledger;
  const since = options.now - ledger.tombstoneTtlMs;
  const plan = database.read(() => planExport(database, options, since));
  const { added, changed, removed } = plan;
  const state = exportState(database, options.scope);
  const isSame =
    added + changed + removed === 0 && state !== undefined && state.hash === (await hashOfFile(options.path));
  if (isSame) {
    await database.write(() => forgetDirty(database, options.scope, plan.head));
    return { scope: options.scope, exported: plan.after, added, changed, removed, written: false };
  }
  const left = plan.before - plan.lost;
  const isSuspicious = plan.before > guardLeast && left < plan.before * guardRatio;
  if (isSuspicious && options.force !== true) {
    const aside = `${options.path}.suspect-${stamp(options.now)}`;
    await writeLines(database, options.scope, plan.lines, aside);
    throw new GtError("E_EXPORT_REFUSED", `export refused: ${plan.before} -> ${left} beads; use --force`, {
      why: [`what would have been written is in ${aside}`],
      hint: "bd doctor --deep",
    });
  }
  const hash = await writeLines(database, options.scope, plan.lines, options.path);
  await database.write(() => {
    for (const [id, line] of plan.lines) {
      if (line === undefined) database.run("DELETE FROM export_lines WHERE issue_id = ?", id);
      else
        database.run(
          `INSERT INTO export_lines (issue_id, scope, line) VALUES (?, ?, ?)
           ON CONFLICT (issue_id) DO UPDATE SET scope = excluded.scope, line = excluded.line`,
          id,
          options.scope,
          line,
        );
    }
    recordExport(database, options, hash, plan.head);
    database.run("DELETE FROM tombstones WHERE scope = ? AND deleted_at <= ?", options.scope, since);
    forgetDirty(database, options.scope, plan.head);
  });
  return { scope: options.scope, exported: plan.after, added, changed, removed, written: true };
}

function planExport(database: LedgerDatabase, { scope, rebuild }: ExportOptions, since: number): Plan {
  const head = headOf(database);
  const old = database.pluck("SELECT line FROM export_lines WHERE issue_id = ? AND scope = ?");
  const lines = new Map<string, string | undefined>();
  const counts = { added: 0, changed: 0, removed: 0 };
  let growth = 0;
  let lost = 0;
  for (const id of idsToExport(database, scope, since, rebuild === true)) {
    const before = old.get(id, scope) as string | undefined;
    const line = exportLine(database, id, scope, since);
    if (line === before) continue;
    lines.set(id, line);
    if (before === undefined) counts.added++;
    else if (line === undefined) counts.removed++;
    else counts.changed++;
    growth += beadsIn(line) - beadsIn(before);
    if (line === undefined) lost += beadsIn(before);
  }
  const stored = database.value<number>("SELECT count(*) FROM export_lines WHERE scope = ?", scope) ?? 0;
  const tombstones = database.value<number>(
    "SELECT count(*) FROM tombstones WHERE scope = ? AND deleted_at > ?",
    scope,
    since,
  );
  const after = stored + counts.added - counts.removed - (tombstones ?? 0);
  return { head, lines, before: after - growth, after, lost, ...counts };
}

function beadsIn(line: string | undefined): number {
  return line === undefined || line.startsWith('{"_type":"tombstone"') ? 0 : 1;
}

function idsToExport(
  database: LedgerDatabase,
  scope: string,
  since: number,
  rebuild: boolean,
): readonly string[] {
  const expired = database.values<string>(
    "SELECT id FROM tombstones WHERE scope = ? AND deleted_at <= ?",
    scope,
    since,
  );
  if (!rebuild)
    return [...database.values<string>("SELECT issue_id FROM dirty WHERE scope = ?", scope), ...expired];
  return database.values<string>(
    `SELECT id FROM issues WHERE scope = ?1 UNION SELECT id FROM tombstones WHERE scope = ?1
     UNION SELECT issue_id FROM export_lines WHERE scope = ?1`,
    { 1: scope },
  );
}

/** Writes the merged lines through a temporary file; returns the hash of the content. */
async function writeLines(
  database: LedgerDatabase,
  scope: string,
  changes: ReadonlyMap<string, string | undefined>,
  path: string,
): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  const hash = createHash("sha256");
  const handle = await open(temporary, "w", 0o644);
  try {
    let chunk = "";
    for (const line of mergedLines(database, scope, changes)) {
      chunk += `${line}\n`;
      if (chunk.length < 1 << 20) continue;
      hash.update(chunk);
      await handle.writeFile(chunk);
      chunk = "";
    }
    hash.update(chunk);
    // Not `write`: on a full disk that writes a part and says nothing.
    await handle.writeFile(chunk);
    await handle.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await handle.close();
  }
  await rename(temporary, path);
  return hash.digest("hex");
}

/** Stored lines with the changes laid over them, in order of ids. */
function mergedLines(
  database: LedgerDatabase,
  scope: string,
  changes: ReadonlyMap<string, string | undefined>,
): readonly string[] {
  const stored = database.all<{ id: string; line: string }>(
    "SELECT issue_id AS id, line FROM export_lines WHERE scope = ? ORDER BY issue_id",
    scope,
  );
  const kept = stored.filter(({ id }) => !changes.has(id));
  const fresh = [...changes]
    .flatMap(([id, line]) => (line === undefined ? [] : [{ id, line }]))
    .sort((a, b) => compareBytes(a.id, b.id));
  const merged: string[] = [];
  let next = 0;
  for (const { id, line } of kept) {
    for (let item = fresh[next]; item !== undefined && compareBytes(item.id, id) < 0; item = fresh[next]) {
      merged.push(item.line);
      next++;
    }
    merged.push(line);
  }
  for (const { line } of fresh.slice(next)) merged.push(line);
  return merged;
}

export interface ExportState {
  readonly path: string;
  /** Hash of the file as it was last written or read; empty when never. */
  readonly hash: string;
  readonly seq: number;
  readonly exportedAt: number | undefined;
  readonly commit: string;
}

export function exportState(database: LedgerDatabase, scope: string): ExportState | undefined {
  const row = database.get<{
    path: string;
    file_hash: string;
    seq: number;
    exported_at: number | null;
    commit_sha: string;
  }>("SELECT path, file_hash, seq, exported_at, commit_sha FROM export_state WHERE scope = ?", scope);
  if (row === undefined) return undefined;
  return {
    path: row.path,
    hash: row.file_hash,
    seq: row.seq,
    exportedAt: row.exported_at ?? undefined,
    commit: row.commit_sha,
  };
}

function recordExport(
  database: LedgerDatabase,
  { scope, path, now }: ExportOptions,
  hash: string,
  head: number,
): void {
  database.run(
    `INSERT INTO export_state (scope, path, file_hash, seq, exported_at) VALUES (?,?,?,?,?)
     ON CONFLICT (scope) DO UPDATE SET path = excluded.path, file_hash = excluded.file_hash, seq = excluded.seq, exported_at = excluded.exported_at`,
    scope,
    path,
    hash,
    head,
    now,
  );
}

function forgetDirty(database: LedgerDatabase, scope: string, head: number): void {
  database.run("DELETE FROM dirty WHERE scope = ? AND seq <= ?", scope, head);
}

/** Hash of a file's content; undefined when there is no file. */
export async function hashOfFile(path: string): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  return hash.digest("hex");
}

/** A time as part of a file name. */
export function stamp(now: number): string {
  return formatTime(now).replace(/[-:.]/g, "");
}
