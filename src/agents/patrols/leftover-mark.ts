import { statSync } from "node:fs";
import { join } from "node:path";
import { gitDirectoryOf } from "../../core/git/git-directory.ts";

/**
 * What a worktree looks like without asking git, which would cost a process for each idle agent at each sweep: it
 * changes with every commit, checkout and `git add`, and when a file comes or goes at its top.
 */
export function leftoverMark(worktree: string): string | undefined {
  return sandboxTimes(worktree)?.join(" ");
}

/** When its top, HEAD, index and reflog changed, in milliseconds; undefined for what is no worktree. */
export function sandboxTimes(worktree: string): readonly number[] | undefined {
  const directory = statSync(worktree, { throwIfNoEntry: false }) && gitDirectoryOf(worktree);
  if (directory === undefined) return undefined;
  return [worktree, join(directory, "HEAD"), join(directory, "index"), join(directory, "logs", "HEAD")].map(
    (path) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0,
  );
}
