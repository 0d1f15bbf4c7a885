import { lstatSync } from "node:fs";
import { join } from "node:path";
import { lookWithGit } from "./look-with-git.ts";

/**
 * Files of a worktree that git was told not to look at (`update-index --assume-unchanged`, `--skip-worktree`) and that are
 * there all the same: `git status` does not tell of their changes.
 */
export async function hiddenFiles(worktree: string): Promise<readonly string[]> {
  const output = await lookWithGit(worktree, ["ls-files", "-v", "-z"]);
  return output
    .split("\0")
    .filter((entry) => /^[a-zS] /.test(entry))
    .map((entry) => entry.slice(2))
    .filter((path) => lstatSync(join(worktree, path), { throwIfNoEntry: false }) !== undefined);
}
