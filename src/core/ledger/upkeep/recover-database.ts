import Database from "better-sqlite3";
import type { Clock } from "../../clock.ts";
import { isDiskFull } from "../../disk-full.ts";
import { stamp } from "../jsonl/export-scope.ts";
import { importParsed } from "../jsonl/import-records.ts";
import { parseFile } from "../jsonl/parse-file.ts";
import { openLedger } from "../open-ledger.ts";
import { recomputeBlockedState } from "../store/blocked-state.ts";
import type { SqliteLedger } from "../store/sqlite-ledger.ts";
import { isIntact, listBackups, moveDatabase, restoreBackup, setAside } from "./backup.ts";

export interface ScopeFile {
  readonly scope: string;
  /** Content of `issues.jsonl`: the working file, else the sync branch's. */
  readonly text: string;
}

export interface RecoveryOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly actor: string;
  /** Prefixes to register when no backup knows them. */
  readonly prefixes: readonly { readonly prefix: string; readonly scope: string; readonly path: string }[];
  readonly files: readonly ScopeFile[];
  /** Builds the ledger from the files alone (`--source=jsonl`). */
  readonly fromFilesOnly?: boolean;
}

export interface RecoveryReport {
  /** Where the damaged file is kept. */
  readonly kept: string;
  readonly backup: string | undefined;
  /** Rows that could be read from the damaged file. */
  readonly salvaged: number;
  readonly fromFiles: number;
  readonly beads: number;
}

/**
 * Builds a ledger anew after damage (spec/01 §9.6): the newest intact backup, over it what can still be read from the
 * damaged file, over that the exported beads of every scope. The damaged file is kept.
 */
export async function recoverDatabase(options: RecoveryOptions): Promise<RecoveryReport> {
  const kept = await setAside(options.path, `corrupt-${stamp(options.clock.now())}`);
  try {
    return await rebuild(options, kept);
  } catch (error) {
    // What was begun is worth less than the damaged file, from which the next attempt salvages.
    await moveDatabase(kept, options.path);
    throw error;
  }
}

async function rebuild(options: RecoveryOptions, kept: string): Promise<RecoveryReport> {
  const { path, clock } = options;
  const now = clock.now();
  const backup = options.fromFilesOnly === true ? undefined : await newestIntactBackup(path);
  if (backup !== undefined) await restoreBackup(path, backup, now);
  const ledger = await openLedger({ path, clock, create: true });
  try {
    await ledger.write(
      options.actor,
      options.prefixes.map((entry) => ({ op: "registerPrefix", ...entry }) as const),
    );
    const salvaged = options.fromFilesOnly === true ? 0 : await salvage(ledger, kept);
    await forgetExports(ledger);
    let fromFiles = 0;
    for (const { scope, text } of options.files) {
      const parsed = parseFile(text, { now });
      const report = await importParsed(ledger, parsed, {
        actor: options.actor,
        now,
        scope,
        allowForeign: true,
      });
      fromFiles += report.created + report.updated;
    }
    await ledger.database.write(() => recomputeBlockedState(ledger.database, ledger.statuses()));
    return { kept, backup, salvaged, fromFiles, beads: await ledger.count({}) };
  } finally {
    await ledger.close();
  }
}

/** Nothing here was exported as it is now: the files are merged without an ancestor, and every bead is written out again. */
async function forgetExports({ database }: SqliteLedger): Promise<void> {
  await database.write(() => {
    database.run("DELETE FROM export_lines");
    database.run("DELETE FROM export_state");
    database.run(
      "INSERT OR IGNORE INTO dirty (scope, issue_id, seq) SELECT scope, id, 0 FROM issues WHERE ephemeral = 0",
    );
  });
}

async function newestIntactBackup(path: string): Promise<string | undefined> {
  for (const backup of await listBackups(path)) if (await isIntact(backup.path)) return backup.path;
  return undefined;
}

/** Tables in the order in which their rows may be inserted. Export state is rebuilt, not salvaged. */
const tables = [
  "issues",
  "agents",
  "labels",
  "dependencies",
  "comments",
  "events",
  "child_counters",
  "tombstones",
  "prefixes",
  "config",
  "kv",
  "runtime_rows",
  "outbox",
];

/** Copies row after row from the damaged file; what cannot be read is left out. */
async function salvage(ledger: SqliteLedger, damaged: string): Promise<number> {
  let source: Database.Database;
  try {
    source = new Database(damaged, { readonly: true });
  } catch {
    // Not even its header can be read.
    return 0;
  }
  try {
    let rows = 0;
    for (const table of tables) rows += await salvageTable(ledger, source, table);
    return rows;
  } finally {
    source.close();
  }
}

async function salvageTable(ledger: SqliteLedger, source: Database.Database, table: string): Promise<number> {
  const rows = readableRows(source, table);
  const first = rows[0];
  if (first === undefined) return 0;
  const names = Object.keys(first);
  // Not REPLACE: that would delete the old row and with it, by cascade, its labels and edges.
  const sql = `INSERT INTO ${table} (${names.join(", ")}) VALUES (${names.map(() => "?").join(", ")})
    ON CONFLICT DO UPDATE SET ${names.map((name) => `${name} = excluded.${name}`).join(", ")}`;
  return ledger.database.write(() => {
    let count = 0;
    for (const row of rows) {
      try {
        count += ledger.database.run(sql, ...names.map((name) => row[name]));
      } catch (error) {
        if (isDiskFull(error)) throw error;
        // A row that breaks a constraint is damaged itself.
      }
    }
    return count;
  });
}

function readableRows(
  source: Database.Database,
  table: string,
): readonly Readonly<Record<string, unknown>>[] {
  const rows: Record<string, unknown>[] = [];
  // Forwards until the damage, then backwards to it, so that one bad page costs little more than itself.
  for (const order of ["ASC", "DESC"]) {
    try {
      const key = isWithoutRowid(source, table) ? "" : `ORDER BY rowid ${order}`;
      for (const row of source.prepare(`SELECT * FROM ${table} ${key}`).iterate())
        rows.push(row as Record<string, unknown>);
      return rows;
    } catch {
      // The other direction may reach rows beyond the damage.
    }
  }
  return rows;
}

function isWithoutRowid(source: Database.Database, table: string): boolean {
  try {
    source.prepare(`SELECT rowid FROM ${table} LIMIT 1`).get();
    return false;
  } catch {
    return true;
  }
}
