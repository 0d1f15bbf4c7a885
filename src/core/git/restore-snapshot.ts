import { existsSync } from "node:fs";
import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { currentBranch, resolveCommit } from "./branch.ts";
import { writeBytes } from "./exact-bytes.ts";
import { filtersOff } from "./filters-off.ts";
import { askGit, GitFailure, runGit } from "./git.ts";
import { type HookSnapshot, submoduleSnapshot } from "./list-snapshots.ts";
import { endOperations, operationOf } from "./operation.ts";
import { namedCommit, type Submodule, submodulesOf } from "./submodules.ts";

/** What must survive a restoring. */
export interface PresentState {
  /** Holds what lies in the worktree now; without one HEAD does. */
  readonly present: HookSnapshot | undefined;
  /** Moves what `present` does not hold and what is in the way to a safe place. */
  readonly putAside: (worktree: string, path: string) => void;
}

/** What a worktree shall be. */
interface Goal {
  readonly head: string;
  /** "" for detached. */
  readonly branch: string;
  readonly operation: string;
  /** Revision with the files. */
  readonly files: string;
  /** Revision with the index; "" for an empty one. */
  readonly index: string;
  /** Commit of those files that `files` has in other bytes. */
  readonly bytes: string | undefined;
}

/**
 * Makes the worktree what it was when the snapshot was taken (spec/04 §6.5): branch head, files (later ones are
 * removed, ignored ones kept), index. The caller has taken a snapshot of the present state; what that could not hold, such
 * as files that are too large, is never removed. May be repeated when it was cut off.
 */
export async function restoreSnapshot(
  worktree: string,
  snapshot: HookSnapshot,
  present: PresentState,
): Promise<void> {
  await reach(worktree, await goalOf(worktree, snapshot), present);
  for (const submodule of await submodulesOf(worktree))
    await restoreSubmodule(worktree, submodule, snapshot, present);
  await askGit(worktree, ["update-index", "-q", "--refresh"]);
}

async function goalOf(repository: string, snapshot: HookSnapshot): Promise<Goal> {
  const { head, branch, operation, commit } = snapshot;
  const [, index = head, bytes] = await parentsOf(repository, commit);
  return { head, branch, operation, files: commit, index, bytes };
}

async function parentsOf(repository: string, commit: string): Promise<readonly string[]> {
  const parents = await runGit(repository, ["show", "-s", "--format=%P", commit]);
  return parents.split(" ").filter((parent) => parent !== "");
}

async function reach(worktree: string, goal: Goal, present: PresentState): Promise<void> {
  const head = await resolveCommit(worktree, "HEAD");
  // One that began or went on since then would be continued on files that are not its own.
  if (goal.operation !== (operationOf(worktree) ?? "") || goal.head !== head) await endOperations(worktree);
  if (goal.head !== (head ?? "")) await moveHead(worktree, goal);
  const wanted = await filesOf(worktree, goal.files);
  const held = await heldFiles(worktree, present);
  await clear(worktree, { wanted, held }, present);
  // An index of all files that are held, and what is not wanted of them goes. Links out of the worktree are not followed.
  if (held.revision !== "") await runGit(worktree, ["read-tree", "--reset", held.revision]);
  await askGit(worktree, ["update-index", "-q", "--refresh"]);
  await checkOut(worktree, ["read-tree", "--reset", "-u", "--no-recurse-submodules", goal.files]);
  await runGit(worktree, ["read-tree", ...(goal.index === "" ? ["--empty"] : [goal.index])]);
  if (goal.bytes !== undefined) await writeBytes(worktree, goal.bytes);
}

/** Only the branch on which the worktree stands is moved, never one that another worktree may have checked out. */
async function moveHead(worktree: string, goal: Goal): Promise<void> {
  if (goal.branch !== "" && goal.branch === (await currentBranch(worktree)))
    await runGit(worktree, [
      ...["update-ref", "-m", "hook rollback"],
      ...(goal.head === "" ? ["-d", "HEAD"] : ["HEAD", goal.head]),
    ]);
  else if (goal.head !== "") await standOn(worktree, goal);
}

async function standOn(worktree: string, { head, branch }: Goal): Promise<void> {
  await runGit(worktree, ["update-ref", "--no-deref", "HEAD", head]);
  if (branch === "") return;
  const ref = `refs/heads/${branch}`;
  const present = await resolveCommit(worktree, ref);
  if (present !== undefined && present !== head) return; // it went on elsewhere: stay detached
  if (present === undefined) await runGit(worktree, ["update-ref", ref, head]);
  await askGit(worktree, ["symbolic-ref", "HEAD", ref]);
}

/** Runs a git that writes files; without filters when they do not work here. */
async function checkOut(worktree: string, command: readonly string[]): Promise<void> {
  const literal = { env: { GIT_LITERAL_PATHSPECS: "1" } };
  try {
    await runGit(worktree, command, literal);
  } catch (error) {
    const off = error instanceof GitFailure ? await filtersOff(worktree) : [];
    if (off.length === 0) throw error;
    await runGit(worktree, [...off, ...command], literal);
  }
}

/** Files by path, with their blobs. */
type FilesOfRevision = ReadonlyMap<string, string>;

interface Places {
  readonly wanted: FilesOfRevision;
  readonly held: HeldFiles;
}

/** Puts aside what stands where a file shall be and is in no snapshot. */
async function clear(worktree: string, { wanted, held }: Places, { putAside }: PresentState): Promise<void> {
  for (const [path, blob] of wanted) {
    if (held.files.has(path)) continue;
    const obstacle = await obstacleAt(worktree, path, held.files);
    if (obstacle === undefined) continue;
    const isThere = obstacle === path && (await isSame(worktree, path, blob));
    if (!isThere) putAside(worktree, obstacle);
  }
}

/** What lies at a path or where one of its directories should be and is not held; undefined when the way is free. */
async function obstacleAt(
  worktree: string,
  path: string,
  held: FilesOfRevision,
): Promise<string | undefined> {
  const parts = path.split("/");
  for (let length = 1; length <= parts.length; length++) {
    const place = parts.slice(0, length).join("/");
    const found = await lstat(join(worktree, place)).catch(() => undefined);
    if (found === undefined || held.has(place)) return undefined;
    if (!found.isDirectory()) return place;
    const isRepository = existsSync(join(worktree, place, ".git"));
    if (isRepository || (length === parts.length && (await holdsMore(worktree, place, held)))) return place;
  }
  return undefined;
}

async function holdsMore(worktree: string, directory: string, held: FilesOfRevision): Promise<boolean> {
  for (const entry of await readdir(join(worktree, directory), { withFileTypes: true })) {
    const path = `${directory}/${entry.name}`;
    if (entry.isDirectory() ? await holdsMore(worktree, path, held) : !held.has(path)) return true;
  }
  return false;
}

/** Already as wanted, from an attempt that was cut off. */
async function isSame(worktree: string, path: string, blob: string): Promise<boolean> {
  const { exitCode, stdout } = await askGit(worktree, ["hash-object", "--", path]);
  return exitCode === 0 && stdout.trim() === blob;
}

/** A submodule of which nothing was kept stood clean at the commit that the parent's tree names. */
async function restoreSubmodule(
  worktree: string,
  submodule: Submodule,
  snapshot: HookSnapshot,
  { present, putAside }: PresentState,
): Promise<void> {
  const { directory } = submodule;
  const inside = {
    putAside,
    present: present === undefined ? undefined : await submoduleSnapshot(directory, present),
  };
  const kept = await submoduleSnapshot(directory, snapshot);
  if (kept !== undefined) return restoreSnapshot(directory, kept, inside);
  const commit = await namedCommit(worktree, snapshot.commit, submodule);
  if (commit === undefined) return; // it came later, or is not fetched: then it never was here
  const clean = { head: commit, branch: "", operation: "", files: commit, index: commit, bytes: undefined };
  await reach(directory, clean, inside);
  await askGit(directory, ["update-index", "-q", "--refresh"]);
}

/** Restores only these files into the worktree; index and branch stay. */
export async function restoreFiles(
  worktree: string,
  snapshot: HookSnapshot,
  paths: readonly string[],
  present: PresentState,
): Promise<void> {
  const wanted = await filesOf(worktree, snapshot.commit, paths);
  const held = await heldFiles(worktree, present);
  await clear(worktree, { wanted, held }, present);
  await checkOut(worktree, [
    ...["restore", `--source=${snapshot.commit}`, "--worktree", "--no-recurse-submodules"],
    ...["--", ...paths],
  ]);
  const { bytes } = await goalOf(worktree, snapshot);
  if (bytes !== undefined) await writeBytes(worktree, bytes, (path) => wanted.has(path));
}

/** Those of the paths, files or directories, of which the snapshot has nothing. */
export async function pathsNotIn(
  repository: string,
  { commit }: HookSnapshot,
  paths: readonly string[],
): Promise<readonly string[]> {
  const missing: string[] = [];
  for (const path of paths) if ((await filesOf(repository, commit, [path])).size === 0) missing.push(path);
  return missing;
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

interface HeldFiles {
  /** "" for a worktree without a commit. */
  readonly revision: string;
  readonly files: FilesOfRevision;
}

async function heldFiles(worktree: string, { present }: PresentState): Promise<HeldFiles> {
  const revision = present?.commit ?? (await resolveCommit(worktree, "HEAD")) ?? "";
  return { revision, files: revision === "" ? new Map() : await filesOf(worktree, revision) };
}

/** Files of a revision and their blobs. */
async function filesOf(
  repository: string,
  revision: string,
  paths: readonly string[] = [],
): Promise<FilesOfRevision> {
  const output = await runGit(repository, ["ls-tree", "-r", "-z", "--full-tree", revision, "--", ...paths], {
    env: { GIT_LITERAL_PATHSPECS: "1" },
  });
  return new Map(
    [...output.matchAll(/\d+ \w+ ([0-9a-f]+)\t([^\0]+)/g)].map(([, blob = "", path = ""]) => [path, blob]),
  );
}
