import { copyFile, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import Database from "better-sqlite3";
import { GtError } from "../../gt-error.ts";
import { stamp } from "../jsonl/export-scope.ts";
import { isDamage, openDatabase } from "../store/database.ts";
import type { SqliteLedger } from "../store/sqlite-ledger.ts";

const keptBackups = 7;

export interface Backup {
  readonly path: string;
  readonly createdAt: number;
  readonly bytes: number;
}

/** Copies the database while others go on writing; keeps the newest seven (spec/01 §9.6). */
export async function createBackup(ledger: SqliteLedger): Promise<Backup> {
  const directory = backupDirectory(ledger.path);
  await mkdir(directory, { recursive: true });
  const path = join(directory, `beads-${stamp(ledger.clock.now())}.db`);
  const temporary = `${path}.tmp`;
  try {
    await rm(temporary, { force: true });
    await ledger.database.backup(temporary);
    await rename(temporary, path);
  } catch (error) {
    // Half a copy would only take the room that was missing.
    await rm(temporary, { force: true });
    throw error;
  }
  const backups = await listBackups(ledger.path);
  for (const old of backups.filter(({ path: file }) => !basename(file).includes("-pre-")).slice(keptBackups))
    await rm(old.path, { force: true });
  const { size } = await stat(path);
  return { path, createdAt: ledger.clock.now(), bytes: size };
}

/** The backups of a database, newest first. */
export async function listBackups(databasePath: string): Promise<readonly Backup[]> {
  const directory = backupDirectory(databasePath);
  const names = await readdir(directory).catch(() => []);
  const backups = await Promise.all(
    names
      .filter((name) => name.endsWith(".db"))
      .map(async (name) => {
        const path = join(directory, name);
        const { mtimeMs, size } = await stat(path);
        return { path, createdAt: mtimeMs, bytes: size };
      }),
  );
  return backups.sort((a, b) => b.createdAt - a.createdAt || (a.path < b.path ? 1 : -1));
}

/**
 * Puts a backup in the place of the database, which is kept beside it. Nobody may have the ledger open: a process that
 * still does would go on writing to the old file. `E_CORRUPT` when the backup itself is damaged.
 */
export async function restoreBackup(databasePath: string, backup: string, now: number): Promise<string> {
  if (!(await isIntact(backup)))
    throw new GtError("E_CORRUPT", `${backup} is not an intact database`, {
      exitCode: 6,
      hint: "bd backup list",
    });
  // Whole beside it first: a full disk must not leave the ledger without a database.
  const copy = `${databasePath}.restoring`;
  try {
    await copyFile(backup, copy);
    const kept = await setAside(databasePath, `replaced-${stamp(now)}`);
    await rename(copy, databasePath);
    return kept;
  } finally {
    await rm(copy, { force: true });
  }
}

/** Whether the file is a ledger that passes SQLite's own check. */
export async function isIntact(path: string): Promise<boolean> {
  try {
    const database = await openDatabase({ path, readonly: true });
    try {
      return database.pragma("integrity_check") === "ok";
    } finally {
      database.close();
    }
  } catch {
    // What cannot even be opened is not intact.
    return false;
  }
}

/** What SQLite's quick check says against the file; nothing when it is intact. */
export function damageOf(path: string): readonly string[] {
  let database: Database.Database | undefined;
  try {
    database = new Database(path, { readonly: true });
    const rows = database.pragma("quick_check(10)") as readonly { readonly quick_check: string }[];
    return rows.map((row) => row.quick_check).filter((line) => line !== "ok");
  } catch (error) {
    if (error instanceof Error && isDamage(error)) return [error.message];
    throw error;
  } finally {
    database?.close();
  }
}

/**
 * Whether any process has the ledger open; one that does would go on writing to a file that was replaced. Of a file that is
 * no database any more nobody can say it.
 */
export function isInUse(path: string): boolean {
  const probe = new Database(path, { timeout: 0 });
  try {
    // Every user of a write-ahead log holds a shared lock on the file, which this mode does not put up with.
    probe.pragma("locking_mode = EXCLUSIVE");
    probe.exec("BEGIN EXCLUSIVE; ROLLBACK");
    return false;
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")) return true;
    if (isDamage(error)) return false;
    throw error;
  } finally {
    probe.close();
  }
}

/** Moves the database with its log away; returns the new name. */
export async function setAside(databasePath: string, suffix: string): Promise<string> {
  const kept = `${databasePath}.${suffix}`;
  await moveDatabase(databasePath, kept);
  return kept;
}

/** Moves a database with its log; what is at the other place makes room. A file that is not there is no reason to stop. */
export async function moveDatabase(from: string, to: string): Promise<void> {
  for (const part of ["", "-wal", "-shm"]) {
    await rm(to + part, { force: true });
    await rename(from + part, to + part).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
    });
  }
}

function backupDirectory(databasePath: string): string {
  return join(dirname(databasePath), "backup");
}
