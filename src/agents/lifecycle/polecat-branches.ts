import { aheadBehind } from "../../core/git/ancestry.ts";
import { branches, deleteBranch, resolveCommit } from "../../core/git/branch.ts";
import { hasLanded } from "../../core/git/landed.ts";
import { mergeBase } from "../../core/git/ancestry.ts";
import { listWorktrees } from "../../core/git/worktree.ts";
import type { Rig } from "../../core/town/town.ts";
import { baseRevision } from "./polecat-worktree.ts";

export interface BranchFate {
  readonly branch: string;
  readonly commit: string;
  /** Why it may go, or why it stays. */
  readonly fate: "landed" | "on the remote" | "no commits" | "in use" | "unmerged";
}

/** What may become of the rig's local polecat branches (spec/04 §3.8, `gc`). Nothing is changed. */
export async function branchFates(rig: Rig): Promise<readonly BranchFate[]> {
  const base = await baseRevision(rig, rig.defaultBranch);
  const inUse = new Set((await listWorktrees(rig.repository)).map((worktree) => worktree.branch));
  const fates: BranchFate[] = [];
  for (const { name, commit } of await branches(rig.repository, "polecat/"))
    fates.push({
      branch: name,
      commit,
      fate: inUse.has(name) ? "in use" : await fateOf(rig, base, name, commit),
    });
  return fates;
}

async function fateOf(rig: Rig, base: string, branch: string, commit: string): Promise<BranchFate["fate"]> {
  if ((await resolveCommit(rig.repository, `refs/remotes/origin/${branch}`)) === commit)
    return "on the remote";
  const { ahead } = await aheadBehind(rig.repository, base, commit);
  const fork = await mergeBase(rig.repository, base, commit);
  if (ahead === 0) return "no commits";
  if (fork !== undefined && (await hasLanded(rig.repository, { base: fork, head: commit, target: base })))
    return "landed";
  return "unmerged";
}

/** Deletes the branches whose commits are safe elsewhere; a branch that moved meanwhile stays. Returns the deleted. */
export async function collectBranches(
  rig: Rig,
  options: { readonly dryRun: boolean },
): Promise<{ readonly deleted: readonly BranchFate[]; readonly kept: readonly BranchFate[] }> {
  const deleted: BranchFate[] = [];
  const kept: BranchFate[] = [];
  for (const fate of await branchFates(rig)) {
    const isSafe = fate.fate !== "in use" && fate.fate !== "unmerged";
    if (isSafe && (options.dryRun || (await deleteBranch(rig.repository, fate.branch, fate.commit))))
      deleted.push(fate);
    else kept.push(fate);
  }
  return { deleted, kept };
}
