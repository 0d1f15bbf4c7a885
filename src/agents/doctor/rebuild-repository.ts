import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { moveRef, resolveCommit } from "../../core/git/branch.ts";
import { askGit, networkTimeoutMs, runGit } from "../../core/git/git.ts";
import { cloneShared } from "../../core/git/repository.ts";
import { addWorktree, isValidWorktree } from "../../core/git/worktree.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Rig, Town } from "../../core/town/town.ts";
import { putAside } from "../lifecycle/lost-and-found.ts";

/**
 * Clones a rig's damaged or lost shared repository anew, brings over what can still be read of branches and snapshots,
 * and attaches the worktrees with their files as they are (spec/04 §12). The damaged one is kept in `lost+found`.
 */
export async function rebuildRepository(
  town: Town,
  rig: Rig,
  worktrees: readonly string[],
  now: number,
): Promise<string> {
  if (rig.gitUrl === "")
    throw new GtError("E_NO_REMOTE", `${rig.name} has no remote to clone from`, {
      hint: `git -C ${rig.repository} fsck`,
    });
  const fresh = `${rig.repository}.fresh`;
  rmSync(fresh, { recursive: true, force: true });
  const { gitUrl: url, defaultBranch: branch } = rig;
  await cloneShared({ url, into: fresh, branch, pushUrl: rig.pushUrl, timeoutMs: networkTimeoutMs });
  const branches = branchesOf(rig.repository);
  // Before anything is moved: killed here, nothing has happened.
  if (existsSync(rig.repository)) await bringOver(rig.repository, fresh);
  const damaged = putAside(town, rig.repository, `${rig.name}-repo`, now);
  renameSync(fresh, rig.repository);
  for (const worktree of worktrees)
    if (existsSync(worktree)) await attach(rig, worktree, branches.get(worktree));
  const kept = damaged === undefined ? "" : `; the damaged one is in ${damaged}`;
  return `cloned ${url} anew and attached ${worktrees.length} worktrees${kept}`;
}

/**
 * Branches and snapshots of the damaged repository whose commits can still be read, also those that no remote has. They
 * are read through an empty repository that borrows refs and objects, so that it does not matter what else is missing.
 */
async function bringOver(damaged: string, fresh: string): Promise<void> {
  const readable = `${fresh}.readable`;
  rmSync(readable, { recursive: true, force: true });
  await runGit(fresh, ["init", "--quiet", "--bare", "--", readable]);
  try {
    writeFileSync(join(readable, "objects/info/alternates"), `${join(damaged, "objects")}\n`);
    for (const refs of ["refs", "packed-refs"])
      if (existsSync(join(damaged, refs)))
        cpSync(join(damaged, refs), join(readable, refs), { recursive: true });
    const kinds = ["refs/heads/*", "refs/gt/*"];
    if (await fetches(fresh, readable, kinds)) return;
    // One that cannot be read stops all that are fetched with it.
    const listed = await askGit(readable, ["for-each-ref", "--format=%(refname)", "refs/heads", "refs/gt"]);
    for (const ref of listed.stdout.split("\n").filter((line) => line !== ""))
      await fetches(fresh, readable, [ref]);
  } finally {
    rmSync(readable, { recursive: true, force: true });
  }
}

async function fetches(into: string, from: string, refs: readonly string[]): Promise<boolean> {
  const specs = refs.map((ref) => `${ref}:${ref}`);
  return (await askGit(into, ["fetch", "--quiet", "--no-tags", "--", from, ...specs])).exitCode === 0;
}

/** Which branch each worktree was on, as far as the damaged repository still says it. */
function branchesOf(repository: string): ReadonlyMap<string, string> {
  const all = join(repository, "worktrees");
  const found = new Map<string, string>();
  for (const id of existsSync(all) ? readdirSync(all) : []) {
    try {
      const link = readFileSync(join(all, id, "gitdir"), "utf8").trim();
      const head = readFileSync(join(all, id, "HEAD"), "utf8");
      const branch = /^ref: refs\/heads\/(.+)$/m.exec(head)?.[1];
      if (branch !== undefined) found.set(link.replace(/\/\.git$/, ""), branch);
    } catch {
      // Damaged as well: that worktree stands without a branch.
    }
  }
  return found;
}

/** Makes the directory a worktree of the repository, on its branch; what differs from it shows as uncommitted. */
async function attach(rig: Rig, worktree: string, branch: string | undefined): Promise<void> {
  if (await isValidWorktree(worktree)) return;
  const base = `refs/remotes/origin/${rig.defaultBranch}`;
  const stand = `${worktree}.attach-tmp`;
  rmSync(stand, { recursive: true, force: true });
  await addWorktree(rig.repository, stand, { start: base });
  renameSync(join(stand, ".git"), join(worktree, ".git"));
  rmSync(stand, { recursive: true });
  await runGit(rig.repository, ["worktree", "repair", "--", worktree]);
  if (branch !== undefined) {
    const ref = `refs/heads/${branch}`;
    const pushed = await resolveCommit(rig.repository, `refs/remotes/origin/${branch}`);
    const start = pushed ?? (await resolveCommit(rig.repository, base)) ?? "";
    if ((await resolveCommit(rig.repository, ref)) === undefined)
      await moveRef(rig.repository, ref, start, undefined);
    await runGit(worktree, ["symbolic-ref", "HEAD", ref]);
  }
  await runGit(worktree, ["reset", "--quiet", "--mixed"]);
}
