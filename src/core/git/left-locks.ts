import { existsSync, readdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";

/** A lock file that a git has left behind; with it there every git that needs the file refuses to work. */
export interface LeftLock {
  readonly path: string;
  /** Its owner cannot live any more: the machine has been started since. */
  readonly isDead: boolean;
}

export interface LockTimes {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly bootedAt: number;
}

/** No git of ours holds a lock for so long. */
const suspiciousMs = 10 * 60_000;

/**
 * Lock files in the git directory, of its worktrees and refs, that have lain there since before the machine was started
 * or for ten minutes. Asks no git. A killed git and a power cut leave them (spec/04 §12).
 */
export function leftLocks(gitDirectory: string, { now, bootedAt }: LockTimes): readonly LeftLock[] {
  const worktrees = join(gitDirectory, "worktrees");
  const places = [gitDirectory, ...entriesOf(worktrees).map((id) => join(worktrees, id))];
  const files = places.flatMap((place) => entriesOf(place).map((name) => join(place, name)));
  const refs = join(gitDirectory, "refs");
  if (existsSync(refs))
    files.push(...readdirSync(refs, { recursive: true, encoding: "utf8" }).map((name) => join(refs, name)));
  return files.flatMap((path) => {
    if (!path.endsWith(".lock")) return [];
    const changedAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (changedAt === undefined) return []; // its git has just let it go
    const isDead = changedAt < bootedAt;
    return isDead || now - changedAt >= suspiciousMs ? [{ path, isDead }] : [];
  });
}

export function removeLocks(locks: readonly LeftLock[]): void {
  for (const { path } of locks) rmSync(path, { force: true });
}

const entriesOf = (directory: string): readonly string[] =>
  existsSync(directory) ? readdirSync(directory) : [];
