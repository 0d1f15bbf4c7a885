import { readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { gitDirectoryOf } from "./git-directory.ts";

/**
 * Removes the lock files that a killed git leaves in a worktree: of its index, its HEAD and its branch. With one of them
 * there git refuses every commit for ever. The caller knows that nobody works in the worktree.
 */
export function clearStaleLocks(worktree: string): void {
  const directory = gitDirectoryOf(worktree);
  if (directory === undefined) return;
  const branch = /^ref: (refs\/heads\/.+)$/m.exec(readText(join(directory, "HEAD")))?.[1];
  const shared = resolve(directory, readText(join(directory, "commondir")).trim());
  const locks = [join(directory, "index.lock"), join(directory, "HEAD.lock")];
  if (branch !== undefined) locks.push(join(shared, `${branch}.lock`));
  for (const lock of locks) rmSync(lock, { force: true });
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return ""; // a repository without worktrees names no common directory
  }
}
