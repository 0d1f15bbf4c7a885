import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { GtError } from "../gt-error.ts";
import { withLock } from "../lock/lock.ts";
import { currentBranch, resolveCommit } from "./branch.ts";
import { askGit, GitFailure, type GitOptions, runGit } from "./git.ts";
import { gitDirectoryOf } from "./git-directory.ts";
import { endOperations } from "./operation.ts";
import { clearStaleLocks } from "./stale-locks.ts";
import { keepLostModules, keepModules, relocateSubmodules } from "./submodules.ts";

/** Where a worktree shall stand: on a new branch at `start`, or detached there. */
export interface WorktreePlace {
  /** Any revision, e.g. `origin/main`. */
  readonly start: string;
  /** Name of the branch to make; detached when left out. */
  readonly branch?: string;
}

/** Writing out a large tree takes longer than other local work, and says nothing meanwhile. */
const checkout: GitOptions = { timeoutMs: 600_000 };

/** Adds a worktree of the shared repository (spec/04 §3.5). `E_BASE_BRANCH` when `start` means no commit. */
export async function addWorktree(repository: string, path: string, place: WorktreePlace): Promise<void> {
  const commit = await expectStart(repository, place.start);
  const branch = place.branch === undefined ? ["--detach"] : ["--no-track", "-b", place.branch];
  await oneAtATime(repository, () =>
    runGit(repository, ["worktree", "add", "--quiet", ...branch, "--", path, commit], checkout),
  );
}

/**
 * Changes of what one repository knows of its worktrees, one after the other: two gits that add at once trip over each
 * other's half-made worktrees, and `prune` takes them away from under the git that makes them.
 */
async function oneAtATime<T>(repository: string, change: () => Promise<T>): Promise<T> {
  // The directory of the lock must not bring back a repository that is gone.
  if (!existsSync(repository)) return change();
  return withLock(
    join(repository, "gt-locks"),
    "worktrees",
    { kind: "worktree", waitMs: 120_000, subject: `the worktrees of ${repository}` },
    change,
  );
}

/**
 * Puts an existing worktree on a fresh start without removing it (spec/04 §3.5): tracked files as in `start`,
 * untracked ones gone, ignored ones (dependencies, caches) kept. HEAD is detached first, so that no branch is moved.
 * The caller has made sure that nothing of value is lost.
 */
export async function resetWorktree(worktree: string, place: WorktreePlace): Promise<void> {
  const commit = await expectStart(worktree, place.start);
  clearStaleLocks(worktree);
  await endOperations(worktree);
  await runGit(worktree, ["checkout", "--quiet", "--detach", "--force"]);
  await runGit(worktree, ["reset", "--quiet", "--hard", commit], checkout);
  await runGit(worktree, ["clean", "--quiet", "-fd"], checkout);
  if (place.branch === undefined) return;
  await runGit(worktree, ["checkout", "--quiet", "--no-track", "-b", place.branch]);
  const branch = await currentBranch(worktree);
  if (branch !== place.branch)
    throw new GtError(
      "E_BASE_BRANCH",
      `${worktree} is on ${branch ?? "no branch"} instead of ${place.branch}`,
    );
}

/** Leaves the branch where it is and stands on `at` without a branch; files as there (spec/04 §1.5, completed hooks). */
export async function detachWorktree(worktree: string, at: string): Promise<void> {
  await resetWorktree(worktree, { start: at });
}

/**
 * Removes a worktree and what git knows of it. The caller has made sure that nothing of value is lost. Returns where
 * repositories of submodules with work of their own are kept.
 */
export async function removeWorktree(repository: string, path: string): Promise<string | undefined> {
  const kept = await keepModules(repository, path);
  await oneAtATime(repository, async () => {
    await askGit(repository, ["worktree", "remove", "--force", "--force", "--", path]);
    // A damaged one is unknown to git, or refused by it: then the directory and the leftovers go by themselves.
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    await forgetLost(repository);
  });
  return kept;
}

/** Makes git forget worktrees whose directory is gone, except for work in their submodules. */
export async function pruneWorktrees(repository: string): Promise<void> {
  await oneAtATime(repository, () => forgetLost(repository));
}

async function forgetLost(repository: string): Promise<void> {
  await keepLostModules(repository);
  await runGit(repository, ["worktree", "prune", "--expire", "now"]);
}

/**
 * Replaces a broken worktree by a fresh one at the same path (spec/04 §3.5). `beforeRemoval` saves what is left of the
 * old one; nothing is removed when it fails.
 */
export async function repairWorktree(
  repository: string,
  path: string,
  place: WorktreePlace,
  beforeRemoval: () => Promise<void>,
): Promise<void> {
  const fresh = `${path}.repair-tmp`;
  await removeWorktree(repository, fresh);
  await addWorktree(repository, fresh, place);
  await beforeRemoval();
  await removeWorktree(repository, path);
  await moveWorktree(repository, fresh, path);
}

/**
 * Moves a worktree to another place of the same depth. git refuses those with submodules: they are moved by hand, and
 * git is told, the repositories of the submodules as well.
 */
export async function moveWorktree(repository: string, from: string, to: string): Promise<void> {
  await oneAtATime(repository, () => move(repository, from, to));
}

async function move(repository: string, from: string, to: string): Promise<void> {
  const { exitCode, stdout, stderr } = await askGit(repository, ["worktree", "move", "--", from, to]);
  if (exitCode === 0) return;
  if (!/submodules/.test(stderr)) throw new GitFailure(exitCode, stdout, stderr, repository);
  renameSync(from, to);
  // What `git worktree repair` does, which older versions do not have.
  const directory = gitDirectoryOf(to);
  if (directory !== undefined) writeFileSync(join(directory, "gitdir"), `${join(to, ".git")}\n`);
  await relocateSubmodules(to);
}

/** The validity test of spec/04 §3.5: directory, `.git` file with an existing target, and a git that agrees. */
export async function isValidWorktree(path: string): Promise<boolean> {
  if (!existsSync(gitDirectoryOf(path) ?? "")) return false;
  return (await askGit(path, ["rev-parse", "--git-dir"])).exitCode === 0;
}

export interface ListedWorktree {
  readonly path: string;
  readonly commit: string;
  /** Undefined when detached. */
  readonly branch: string | undefined;
  /** Its directory is gone. */
  readonly isPrunable: boolean;
}

/** All worktrees that the repository knows, without the bare repository itself. */
export async function listWorktrees(repository: string): Promise<readonly ListedWorktree[]> {
  const output = await runGit(repository, ["worktree", "list", "--porcelain"]);
  return output
    .split("\n\n")
    .filter((block) => block.trim() !== "" && !/^bare$/m.test(block))
    .map((block) => ({
      path: /^worktree (.+)$/m.exec(block)?.[1] ?? "",
      commit: /^HEAD (.+)$/m.exec(block)?.[1] ?? "",
      branch: /^branch refs\/heads\/(.+)$/m.exec(block)?.[1],
      isPrunable: /^prunable/m.test(block),
    }));
}

/**
 * The branches that worktrees stand on, the ones that are being rebased or bisected included: git detaches the worktree
 * for that, and ends with the branch.
 */
export async function branchesInUse(repository: string): Promise<ReadonlySet<string>> {
  const inUse = new Set<string>();
  for (const { path, branch } of await listWorktrees(repository)) {
    if (branch !== undefined) inUse.add(branch);
    const directory = gitDirectoryOf(path);
    if (directory === undefined) continue;
    for (const mark of ["rebase-merge/head-name", "rebase-apply/head-name", "BISECT_START"]) {
      const file = join(directory, mark);
      if (existsSync(file))
        inUse.add(
          readFileSync(file, "utf8")
            .trim()
            .replace(/^refs\/heads\//, ""),
        );
    }
  }
  return inUse;
}

async function expectStart(directory: string, start: string): Promise<string> {
  const commit = await resolveCommit(directory, start);
  if (commit !== undefined) return commit;
  throw new GtError("E_BASE_BRANCH", `there is no commit "${start}" to start from`, {
    why: ["the branch may not exist on the remote, may not be fetched yet, or its name may be misspelt"],
    hint: `git -C ${directory} branch --all`,
  });
}
