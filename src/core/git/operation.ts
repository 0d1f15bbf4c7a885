import { existsSync } from "node:fs";
import { join } from "node:path";
import { askGit } from "./git.ts";
import { gitDirectoryOf } from "./git-directory.ts";

/** What git does in several steps and may be in the middle of. */
export type GitOperation = "rebase" | "merge" | "cherry-pick" | "revert" | "bisect";

const marks: readonly (readonly [mark: string, operation: GitOperation, quit: readonly string[]])[] = [
  ["rebase-merge", "rebase", ["rebase", "--quit"]],
  ["rebase-apply", "rebase", ["rebase", "--quit"]],
  ["MERGE_HEAD", "merge", ["merge", "--quit"]],
  ["CHERRY_PICK_HEAD", "cherry-pick", ["cherry-pick", "--quit"]],
  ["REVERT_HEAD", "revert", ["revert", "--quit"]],
  ["BISECT_LOG", "bisect", ["bisect", "reset", "HEAD"]],
];

/** The unfinished git operation of a worktree, by the marks that git leaves. */
export function operationOf(worktree: string): GitOperation | undefined {
  const directory = gitDirectoryOf(worktree);
  if (directory === undefined) throw new Error(`${worktree} is not a worktree`);
  return marks.find(([mark]) => existsSync(join(directory, mark)))?.[1];
}

/** An unfinished rebase, merge or pick would spring to life again after a reset. Branches, index and files stay. */
export async function endOperations(worktree: string): Promise<void> {
  const directory = gitDirectoryOf(worktree);
  if (directory === undefined) return;
  for (const [mark, , quit] of marks) if (existsSync(join(directory, mark))) await askGit(worktree, quit);
}
