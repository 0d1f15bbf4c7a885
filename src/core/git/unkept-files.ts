import { statSync } from "node:fs";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import { runGit } from "./git.ts";

/** Untracked files above this are left out of snapshots (spec/04 §6.1). */
export const defaultMaxFileMb = 50;

/**
 * What lies in a worktree, is not ignored, and is in no snapshot of it: files that are too large, and whole repositories
 * that somebody has cloned into it, of which git takes only the name. Paths below the worktree; those of directories end
 * with a slash.
 */
export async function unkeptFiles(
  worktree: string,
  maxFileMb = defaultMaxFileMb,
): Promise<readonly string[]> {
  const [untracked, index] = await Promise.all([
    unkeptUntracked(worktree, maxFileMb),
    runGit(worktree, ["ls-files", "--stage", "-z"]),
  ]);
  // A submodule's repository lies elsewhere, behind a file `.git`.
  const added = entries(index)
    .filter((entry) => entry.startsWith("160000 "))
    .map((entry) => `${entry.slice(entry.indexOf("\t") + 1)}/`)
    .filter((path) => statSync(join(worktree, path, ".git"), { throwIfNoEntry: false })?.isDirectory());
  return [...untracked, ...added];
}

/** Those of them that are untracked: files above the limit, in mebibytes, and repositories. */
export async function unkeptUntracked(worktree: string, maxFileMb: number): Promise<readonly string[]> {
  const limit = maxFileMb * 1024 * 1024;
  const paths = entries(await runGit(worktree, ["ls-files", "--others", "--exclude-standard", "-z"]));
  const sizes = await Promise.all(
    paths.map(async (path) => ({
      path,
      size: await stat(join(worktree, path)).then(
        (found) => (found.isFile() ? found.size : 0),
        () => 0, // it vanished between the two looks
      ),
    })),
  );
  return sizes.filter(({ path, size }) => path.endsWith("/") || size > limit).map(({ path }) => path);
}

const entries = (output: string): readonly string[] => output.split("\0").filter((entry) => entry !== "");
