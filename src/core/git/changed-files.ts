import { lookWithGit } from "./look-with-git.ts";

/** A file that differs from HEAD. */
export interface ChangedFile {
  readonly path: string;
  /** The two letters of `git status`: index and worktree. */
  readonly code: string;
}

/** Paths that are ours, not the agent's work. */
const ownPaths = /^(\.beads|\.claude|\.runtime|\.logs)\/|(^|\/)__pycache__\/|^CLAUDE\.local\.md$/;

/** What `git status` says, without what the program itself put there. Untracked directories are listed file by file. */
export async function changedFiles(
  worktree: string,
  ownFiles: readonly string[] = [],
): Promise<readonly ChangedFile[]> {
  const output = await lookWithGit(worktree, ["status", "--porcelain=v1", "-z", "--untracked-files=all"]);
  const files: ChangedFile[] = [];
  const fields = output.split("\0");
  for (let index = 0; index < fields.length; index++) {
    const field = fields[index] ?? "";
    if (field === "") continue;
    const code = field.slice(0, 2);
    const path = field.slice(3);
    // A rename names its old path in the next field.
    if (code.startsWith("R") || code.startsWith("C")) index++;
    if (!ownPaths.test(path) && !ownFiles.includes(path)) files.push({ path, code });
  }
  return files;
}
