import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import Database from "better-sqlite3";
import { GtError } from "../gt-error.ts";

/** An exclusive right of this process, by name, within one town (spec/04 §0.2). */
export interface Lock {
  readonly name: string;
  /** False once somebody has deleted the lock's file: it excludes nobody any more. */
  isOnDisk(): boolean;
  /** Safe to call twice. The operating system releases it anyway when the process ends, however it ends. */
  release(): void;
}

/** Who has a lock, as far as it is known. */
export interface LockHolder {
  readonly pid: number;
  /** What the holder is doing, e.g. `sling`, `daemon`. */
  readonly kind: string;
  /** RFC 3339 time of acquisition. */
  readonly since: string;
}

export interface LockOptions {
  /** How long to wait for another holder, in milliseconds; 0 (default) fails at once. */
  readonly waitMs?: number;
  /** What the caller is doing, told to those who find the lock held. */
  readonly kind?: string;
  /** What is being changed, for the message of `E_BUSY`; the lock's name by default. */
  readonly subject?: string;
}

const pollMs = 100;
/**
 * `isLocked` holds a free lock for the blink of its probe; even a caller who does not wait must outlast it. On a busy machine
 * a blink may be long, and then the name of a holder tells somebody who keeps the lock from a probe, which has none.
 */
const probeGraceMs = 60;
const longProbeMs = 5000;

/** Takes the lock, or throws `E_BUSY` naming its holder. A file left behind by a dead process is just a file. */
export async function acquireLock(locksDir: string, name: string, options: LockOptions = {}): Promise<Lock> {
  const began = performance.now();
  const deadline = began + Math.max(options.waitMs ?? 0, probeGraceMs);
  for (;;) {
    const connection = tryLock(locksDir, name);
    if (connection) {
      tellHolder(locksDir, name, options.kind ?? "command");
      const file = lockFile(locksDir, name);
      const inode = inodeOf(file);
      const isOnDisk = (): boolean => inodeOf(file) === inode;
      const release = (): void => {
        // Only as long as the lock is ours is the name our own.
        if (connection.open && isOnDisk()) rmSync(holderFile(locksDir, name), { force: true });
        connection.close();
      };
      return { name, isOnDisk, release };
    }
    const now = performance.now();
    const isOver =
      now >= (isHolderAlive(locksDir, name) ? deadline : Math.max(deadline, began + longProbeMs));
    if (isOver) throw busy(locksDir, name, options.subject ?? name);
    await pause((options.waitMs ?? 0) > 0 ? pollMs : probeGraceMs / 4);
  }
}

/** Runs `work` while holding the lock. */
export async function withLock<T>(
  locksDir: string,
  name: string,
  options: LockOptions,
  work: () => T | Promise<T>,
): Promise<T> {
  const lock = await acquireLock(locksDir, name, options);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

/** True while some living process, this one included, holds the lock. */
export function isLocked(locksDir: string, name: string): boolean {
  // Most probes are for locks that nobody ever took.
  if (!existsSync(lockFile(locksDir, name))) return false;
  const connection = tryLock(locksDir, name);
  connection?.close();
  return connection === undefined;
}

/** The holder of a held lock; undefined when it is free or its holder has not said its name yet. */
export function lockHolder(locksDir: string, name: string): LockHolder | undefined {
  return isLocked(locksDir, name) ? readHolder(locksDir, name) : undefined;
}

/**
 * The lock is an exclusive transaction on an empty SQLite file: the one lock that works the same on every platform,
 * excludes two users inside one process too, and vanishes with its holder.
 */
function tryLock(locksDir: string, name: string): Database.Database | undefined {
  const file = lockFile(locksDir, name);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const connection = new Database(file, { timeout: 0 });
  try {
    // Nothing is ever written, so that no journal file is needed either.
    connection.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
    return connection;
  } catch (error) {
    connection.close();
    if (error instanceof Database.SqliteError && error.code.startsWith("SQLITE_BUSY")) return undefined;
    throw error;
  }
}

function inodeOf(file: string): number | undefined {
  return statSync(file, { throwIfNoEntry: false })?.ino;
}

/** Names contain addresses and bead ids; a `/` becomes `_` (spec/04 §0.2). */
function lockFile(locksDir: string, name: string): string {
  return join(locksDir, `${name.replaceAll("/", "_").replace(/[^\w.@-]/g, "-")}.lock`);
}

const holderFile = (locksDir: string, name: string): string => `${lockFile(locksDir, name)}.holder`;

/** Only a courtesy to those who wait: the lock itself never depends on what this file says. */
function tellHolder(locksDir: string, name: string, kind: string): void {
  const holder: LockHolder = { pid: process.pid, kind, since: new Date().toISOString() };
  try {
    writeFileSync(holderFile(locksDir, name), JSON.stringify(holder), { mode: 0o600 });
  } catch {
    // A full disk must not keep anybody from locking.
  }
}

function readHolder(locksDir: string, name: string): LockHolder | undefined {
  try {
    const value = JSON.parse(readFileSync(holderFile(locksDir, name), "utf8")) as Partial<LockHolder>;
    if (typeof value.pid !== "number") return undefined;
    return { pid: value.pid, kind: String(value.kind), since: String(value.since) };
  } catch {
    // Missing or half written: the holder is unknown.
    return undefined;
  }
}

/** Whether the lock was given a holder who lives and has not released it. One on a full disk may have left no name. */
function isHolderAlive(locksDir: string, name: string): boolean {
  const holder = readHolder(locksDir, name);
  if (holder === undefined) return false;
  try {
    process.kill(holder.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function busy(locksDir: string, name: string, subject: string): GtError {
  const holder = readHolder(locksDir, name);
  const who = holder ? `pid ${holder.pid} (${holder.kind}, since ${holder.since})` : "another process";
  return new GtError("E_BUSY", `${subject} is being changed by ${who}; try again`, {
    details: { lock: name, ...(holder ? { holder } : {}) },
  });
}
