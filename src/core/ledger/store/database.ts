import { existsSync, mkdirSync, renameSync } from "node:fs";
import { dirname } from "node:path";
import Database from "better-sqlite3";
import { diskFull } from "../../disk-full.ts";
import { GtError } from "../../gt-error.ts";
import { foreignError } from "../foreign-beads.ts";
import { hasNoSpace, networkFileSystem } from "./file-system.ts";
import { migrations, schemaVersion } from "./schema.ts";

export interface DatabaseOptions {
  readonly path: string;
  /** Makes the file (and its directory) when it is missing; otherwise that is `E_NO_DATABASE`. */
  readonly create?: boolean;
  /** Survive the loss of power, not only of processes (config `storage.synchronous: full`). */
  readonly synchronous?: "normal" | "full";
  /** Opens nothing for writing and never migrates. */
  readonly readonly?: boolean;
  /** Writes to a file of a newer version all the same (`--ignore-schema-skew`). */
  readonly ignoreSchemaSkew?: boolean;
  /** Accepts a network file system, with a slower kind of journal (`storage.allow-network-fs`). */
  readonly allowNetworkFileSystem?: boolean;
  /** How long a writer waits for others in total before it gives up, 30 s by default. */
  readonly patienceMs?: number;
}

export type SqlValue = string | number | bigint | null;
export type SqlRow = Readonly<Record<string, SqlValue>>;

/** How long a writer waits for others in total before it gives up (spec/01 §7.1). */
export const defaultPatienceMs = 30_000;
/**
 * How long SQLite itself waits before we take over and let the process do other things meanwhile. It looks often at first and
 * ten times a second later on; starting anew keeps those who have waited long as quick as those who have just come.
 */
const busyTimeoutMs = 250;
/** A reader meets a lock only while somebody opens a ledger after a crash: so often it tries again. */
const readAttempts = 20;

/** The connection to a ledger file: prepared statements by their text, transactions, translated errors (spec/01 §7.1). */
export class LedgerDatabase {
  readonly path: string;
  readonly readonly: boolean;
  /** Schema version of the file when it is newer than this program. */
  readonly newerVersion: number | undefined;
  private readonly connection: Database.Database;
  private readonly patienceMs: number;
  private readonly statements = new Map<string, Database.Statement<unknown[]>>();
  private readonly plucked = new Map<string, Database.Statement<unknown[]>>();
  private readonly begin: Database.Statement;
  private readonly commit: Database.Statement;
  private readonly rollback: Database.Statement;

  constructor(connection: Database.Database, options: DatabaseOptions, newerVersion: number | undefined) {
    this.path = options.path;
    this.newerVersion = newerVersion;
    this.readonly =
      options.readonly === true || (newerVersion !== undefined && options.ignoreSchemaSkew !== true);
    this.connection = connection;
    this.patienceMs = options.patienceMs ?? defaultPatienceMs;
    this.begin = connection.prepare("BEGIN IMMEDIATE");
    this.commit = connection.prepare("COMMIT");
    this.rollback = connection.prepare("ROLLBACK");
  }

  /** Writes the file anew without what deleted rows have left over. Nobody else writes meanwhile. */
  compact(): void {
    this.connection.exec("VACUUM");
  }

  prepare(sql: string): Database.Statement<unknown[]> {
    let statement = this.statements.get(sql);
    if (statement === undefined) {
      statement = this.connection.prepare<unknown[]>(sql);
      this.statements.set(sql, statement);
    }
    return statement;
  }

  /** A statement that gives the first column alone. Apart from `prepare`, for the mode sticks to a statement. */
  pluck(sql: string): Database.Statement<unknown[]> {
    let statement = this.plucked.get(sql);
    if (statement === undefined) {
      statement = this.connection.prepare<unknown[]>(sql).pluck();
      this.plucked.set(sql, statement);
    }
    return statement;
  }

  get<Row = SqlRow>(sql: string, ...params: readonly unknown[]): Row | undefined {
    return this.readable(() => this.prepare(sql).get(...params) as Row | undefined);
  }

  all<Row = SqlRow>(sql: string, ...params: readonly unknown[]): Row[] {
    return this.readable(() => this.prepare(sql).all(...params) as Row[]);
  }

  /** The first column of the first row. */
  value<T extends SqlValue>(sql: string, ...params: readonly unknown[]): T | undefined {
    return this.readable(() => this.pluck(sql).get(...params) as T | undefined);
  }

  /** The first column of every row. */
  values<T extends SqlValue>(sql: string, ...params: readonly unknown[]): T[] {
    return this.readable(() => this.pluck(sql).all(...params) as T[]);
  }

  /** Number of rows changed. */
  run(sql: string, ...params: readonly unknown[]): number {
    return this.prepare(sql).run(...params).changes;
  }

  /** Statements of which the result does not matter, e.g. a schema. */
  execute(sql: string): void {
    this.connection.exec(sql);
  }

  pragma(text: string): unknown {
    return this.connection.pragma(text, { simple: true });
  }

  /** Damage, and a disk without room for a reader's shared memory, are met at any read: it says so in our words. */
  private readable<T>(query: () => T): T {
    for (let attempt = 1; ; attempt++) {
      try {
        return query();
      } catch (error) {
        if (isBusy(error) && attempt < readAttempts) continue;
        // Whoever writes tries again on a lock.
        throw isBusy(error) ? error : translate(error, this.path);
      }
    }
  }

  get isInTransaction(): boolean {
    return this.connection.inTransaction;
  }

  /** Several reads that see one state. */
  read<T>(query: () => T): T {
    if (this.connection.inTransaction) return query();
    try {
      this.connection.exec("BEGIN");
      const result = query();
      this.connection.exec("COMMIT");
      return result;
    } catch (error) {
      if (this.connection.inTransaction) this.rollback.run();
      throw translate(error, this.path);
    }
  }

  /** Runs `change` whole or not at all; waits for other writers up to 30 seconds (`E_BUSY`, exit 5). */
  async write<T>(change: () => T): Promise<T> {
    if (this.readonly) throw this.readonlyError();
    const startedAt = performance.now();
    for (;;) {
      try {
        return this.transact(change);
      } catch (error) {
        if (!isBusy(error)) throw translate(error, this.path);
        const waitedMs = performance.now() - startedAt;
        if (waitedMs > this.patienceMs) throw busyError(waitedMs);
        await new Promise((resolve) => setTimeout(resolve, Math.random() * Math.min(50, this.patienceMs)));
      }
    }
  }

  private transact<T>(change: () => T): T {
    this.begin.run();
    try {
      const result = change();
      this.commit.run();
      return result;
    } catch (error) {
      if (this.connection.inTransaction) this.rollback.run();
      throw error;
    }
  }

  private readonlyError(): GtError {
    if (this.newerVersion === undefined)
      return new GtError("E_READONLY", "the ledger was opened for reading only");
    return new GtError(
      "E_SCHEMA",
      `database schema v${this.newerVersion} is newer than this bd (v${schemaVersion}); upgrade gastown`,
      { hint: "npm install -g gastown@latest" },
    );
  }

  /** Copies the database, consistent and without stopping writers, to another file. */
  async backup(file: string): Promise<void> {
    try {
      await this.connection.backup(file);
    } catch (error) {
      throw translate(error, file);
    }
  }

  close(): void {
    if (this.connection.open) this.connection.close();
  }
}

/** Opens a ledger file, makes and migrates its schema. Errors: `E_NO_DATABASE`, `E_BUSY`, `E_CORRUPT`, `E_SCHEMA`. */
export async function openDatabase(options: DatabaseOptions): Promise<LedgerDatabase> {
  if (!existsSync(options.path)) {
    if (options.create !== true || options.readonly === true)
      throw new GtError("E_NO_DATABASE", `no beads database found: ${options.path}`, {
        hint: "bd init",
      });
    mkdirSync(dirname(options.path), { recursive: true });
  }
  const network = networkFileSystem(options.path);
  if (network !== undefined && options.allowNetworkFileSystem !== true)
    throw new GtError("E_NETWORK_FS", `ledger must be on a local file system (found ${network})`, {
      why: [options.path],
      hint: "set GT_LEDGER_DIR to a local directory",
    });
  let connection: Database.Database | undefined;
  try {
    connection = new Database(options.path, {
      timeout: Math.min(busyTimeoutMs, options.patienceMs ?? busyTimeoutMs),
      readonly: options.readonly === true,
    });
    return await prepareConnection(connection, options, network === undefined ? "WAL" : "DELETE");
  } catch (error) {
    connection?.close();
    throw translate(error, options.path);
  }
}

async function prepareConnection(
  connection: Database.Database,
  options: DatabaseOptions,
  /** Shared memory, which the write-ahead log needs, does not cross machines. */
  journal: "WAL" | "DELETE",
): Promise<LedgerDatabase> {
  if (await retryBusy(() => isForeign(connection))) throw foreignError(options.path);
  if (options.readonly !== true) await retryBusy(() => connection.pragma(`journal_mode = ${journal}`));
  connection.exec(
    `PRAGMA synchronous = ${options.synchronous === "full" ? "FULL" : "NORMAL"};
     PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -32000;
     PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 67108864`,
  );
  const version = await retryBusy(() => connection.pragma("user_version", { simple: true }) as number);
  if (version < schemaVersion) {
    if (options.readonly === true)
      throw new GtError("E_NO_DATABASE", `no beads database found: ${options.path}`, { hint: "bd init" });
    await migrate(connection, options.path, version);
  }
  return new LedgerDatabase(connection, options, version > schemaVersion ? version : undefined);
}

/** Tables without a version: ours come into being together with it. */
function isForeign(connection: Database.Database): boolean {
  return (
    connection.pragma("user_version", { simple: true }) === 0 &&
    connection.prepare("SELECT 1 FROM sqlite_master LIMIT 1").get() !== undefined
  );
}

async function migrate(connection: Database.Database, path: string, found: number): Promise<void> {
  if (found > 0) {
    const copy = `${dirname(path)}/backup/beads-pre-v${schemaVersion}.db`;
    mkdirSync(dirname(copy), { recursive: true });
    if (!existsSync(copy)) {
      await connection.backup(`${copy}.tmp`);
      renameSync(`${copy}.tmp`, copy);
    }
  }
  await retryBusy(() =>
    connection
      .transaction(() => {
        // Another process may have migrated while this one waited for the lock.
        const version = connection.pragma("user_version", { simple: true }) as number;
        for (const step of migrations.slice(version)) connection.exec(step);
        if (version < schemaVersion) connection.pragma(`user_version = ${schemaVersion}`);
      })
      .immediate(),
  );
}

async function retryBusy<T>(action: () => T): Promise<T> {
  let startedAt: number | undefined;
  for (;;) {
    try {
      return action();
    } catch (error) {
      if (!isBusy(error)) throw error;
      startedAt ??= performance.now();
      const waitedMs = performance.now() - startedAt;
      if (waitedMs > defaultPatienceMs) throw busyError(waitedMs);
      await new Promise((resolve) => setTimeout(resolve, 20 + Math.random() * 180));
    }
  }
}

function isBusy(error: unknown): boolean {
  return sqliteCode(error).startsWith("SQLITE_BUSY");
}

/** Whether SQLite found the file damaged, or no database at all. */
export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error);
  return code.startsWith("SQLITE_CORRUPT") || code === "SQLITE_NOTADB";
}

function busyError(waitedMs: number): GtError {
  const seconds = Math.round(waitedMs / 1000);
  return new GtError("E_BUSY", `database is busy (held for ${seconds}s by another process)`, {
    hint: "try again in a moment",
    exitCode: 5,
  });
}

function sqliteCode(error: unknown): string {
  return error instanceof Database.SqliteError ? error.code : "";
}

/** SQLite's errors in our own words; everything else as it is. */
export function translate(error: unknown, path: string): unknown {
  const code = sqliteCode(error);
  if (isDamage(error))
    return new GtError("E_CORRUPT", `database is corrupt: ${path}; run bd doctor --fix`, {
      hint: "bd doctor --fix",
      exitCode: 6,
      cause: error,
    });
  if (code.startsWith("SQLITE_BUSY")) return busyError(defaultPatienceMs);
  // Where its log or shared memory cannot grow, SQLite knows only that it could not write.
  const isVague = code.startsWith("SQLITE_IOERR") || code.startsWith("SQLITE_CANTOPEN");
  if (code === "SQLITE_FULL" || (isVague && hasNoSpace(path)))
    return diskFull(`the ledger ${path} could not be written`, dirname(path), {
      why: ["nothing of it was changed; make room, then run the command again"],
      cause: error,
    });
  if (code.startsWith("SQLITE_READONLY") || code.startsWith("SQLITE_CANTOPEN"))
    return new GtError("E_NO_ACCESS", `the ledger cannot be opened for writing: ${path}`, {
      why: ["check the rights of the file and of its directory"],
      hint: `ls -la ${dirname(path)}`,
      cause: error,
    });
  return error;
}
