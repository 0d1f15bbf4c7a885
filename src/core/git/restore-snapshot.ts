import { lstat, rm } from "node:fs/promises";
import { join } from "node:path";
import { currentBranch, resolveCommit } from "./branch.ts";
import { askGit, openGit, runGit } from "./git.ts";
import { type HookSnapshot, submoduleSnapshot } from "./list-snapshots.ts";
import { namedCommit, type Submodule, submodulesOf } from "./submodules.ts";

/**
 * Makes the worktree what it was when the snapshot was taken (spec/04 §6.5): branch head, files (later ones are
 * removed, ignored ones kept), index. The caller has taken a snapshot of the present state.
 */
export async function restoreSnapshot(worktree: string, snapshot: HookSnapshot): Promise<void> {
  const branch = await currentBranch(worktree);
  const head = await resolveCommit(worktree, "HEAD");
  if (snapshot.head !== "" && head !== snapshot.head) {
    // Only what stands here is moved: a branch that another worktree has checked out never is.
    if (branch === undefined || (snapshot.branch !== "" && snapshot.branch !== branch))
      await standOn(worktree, snapshot);
    else await runGit(worktree, ["reset", "--quiet", "--soft", snapshot.head]);
  }
  const before = await listed(worktree);
  // Index and files as in the snapshot's tree ...
  await runGit(worktree, ["read-tree", "--reset", "-u", snapshot.commit]);
  // ... files that came later go; those that git ignores are not listed ...
  const kept = new Set(await treeFiles(worktree, snapshot.commit));
  for (const path of before) if (!kept.has(path)) await removeFile(join(worktree, path));
  // ... and the index as it was then, or as in HEAD.
  const [, , indexCommit] = (await runGit(worktree, ["show", "-s", "--format=%T %P", snapshot.commit])).split(
    " ",
  );
  await runGit(worktree, ["read-tree", indexCommit ?? snapshot.head]);
  for (const submodule of await submodulesOf(worktree)) await restoreSubmodule(worktree, submodule, snapshot);
  await askGit(worktree, ["update-index", "-q", "--refresh"]);
}

/** A submodule of which nothing was kept stood clean at the commit that the parent's tree names. */
async function restoreSubmodule(
  worktree: string,
  submodule: Submodule,
  snapshot: HookSnapshot,
): Promise<void> {
  const { directory } = submodule;
  const kept = await submoduleSnapshot(directory, snapshot);
  if (kept !== undefined) return restoreSnapshot(directory, kept);
  const commit = await namedCommit(worktree, snapshot.commit, submodule);
  if (commit === undefined) return; // it came later, or is not fetched: then it never was here
  await runGit(directory, ["checkout", "--quiet", "--force", "--detach", commit]);
  await runGit(directory, ["clean", "--quiet", "-fd"]);
}

/** Of repositories inside of the worktree only the name is listed; they stay. */
async function removeFile(path: string): Promise<void> {
  if ((await lstat(path).catch(() => undefined))?.isDirectory() !== true) await rm(path, { force: true });
}

/** Restores only these files into the worktree; index and branch stay. */
export async function restoreFiles(
  worktree: string,
  snapshot: HookSnapshot,
  paths: readonly string[],
): Promise<void> {
  await openGit(worktree, { env: { GIT_LITERAL_PATHSPECS: "1" } }).raw([
    "restore",
    `--source=${snapshot.commit}`,
    "--worktree",
    "--",
    ...paths,
  ]);
}

/** Makes a branch with the snapshot's files as one commit on the head of that time; changes nothing else. */
export async function branchFromSnapshot(
  repository: string,
  snapshot: HookSnapshot,
  branch: string,
): Promise<string> {
  const tree = await runGit(repository, ["rev-parse", `${snapshot.commit}^{tree}`]);
  const parents = snapshot.head === "" ? [] : ["-p", snapshot.head];
  const message = `Files of snapshot #${snapshot.seq} (${snapshot.reason})`;
  const commit = await runGit(repository, ["commit-tree", tree, ...parents, "-m", message]);
  await runGit(repository, ["branch", "--no-track", "--", branch, commit]);
  return commit;
}

async function standOn(worktree: string, snapshot: HookSnapshot): Promise<void> {
  await runGit(worktree, ["update-ref", "--no-deref", "HEAD", snapshot.head]);
  if (snapshot.branch === "") return;
  const ref = `refs/heads/${snapshot.branch}`;
  const present = await resolveCommit(worktree, ref);
  if (present !== undefined && present !== snapshot.head) return; // it went on elsewhere: stay detached
  if (present === undefined) await runGit(worktree, ["update-ref", ref, snapshot.head]);
  await askGit(worktree, ["symbolic-ref", "HEAD", ref]);
}

/** Tracked and untracked files, without ignored ones. */
async function listed(worktree: string): Promise<readonly string[]> {
  const output = await runGit(worktree, ["ls-files", "--cached", "--others", "--exclude-standard", "-z"]);
  return output.split("\0").filter((path) => path !== "");
}

async function treeFiles(repository: string, commit: string): Promise<readonly string[]> {
  const output = await runGit(repository, ["ls-tree", "-r", "--name-only", "-z", commit]);
  return output.split("\0").filter((path) => path !== "");
}
