import { aheadBehind } from "../../core/git/ahead-behind.ts";
import { listSnapshots, snapshotRefs } from "../../core/git/list-snapshots.ts";
import { readRefs } from "../../core/git/read-refs.ts";
import type { ChangedFile } from "../../core/git/changed-files.ts";

interface Sandbox {
  readonly worktree: string;
  /** Where its snapshots are kept, e.g. `polecats/nux`. */
  readonly place: string;
  readonly base: string;
  readonly changes: Promise<readonly ChangedFile[]>;
}

/** What git knows of a sandbox; null where there is none. */
export interface SandboxView {
  readonly branch: string | null;
  readonly ahead: number | null;
  readonly behind: number | null;
  readonly dirty: readonly string[];
  readonly snapshot: { readonly seq: number; readonly time: number; readonly reason: string } | null;
}

/** Reads it (spec/04 §2.10); nothing when it is none. Agents ask all the time: few gits, at once. */
export async function sandboxView(sandbox: Sandbox): Promise<SandboxView | undefined> {
  const { worktree, place, base, changes } = sandbox;
  try {
    const refs = readRefs(worktree);
    const [snapshots, counts, branch, dirty] = await Promise.all([
      refs?.hasBelow(snapshotRefs(place)) === false ? [] : listSnapshots(worktree, place),
      countsAgainst(worktree, base, refs),
      branchOf(worktree),
      changes,
    ]);
    const newest = snapshots[0];
    return {
      branch: branch ?? null,
      ahead: counts?.ahead ?? null,
      behind: counts?.behind ?? null,
      dirty: dirty.map((file) => file.path),
      snapshot: newest === undefined ? null : { seq: newest.seq, time: newest.time, reason: newest.reason },
    };
  } catch (error) {
    const { isValidWorktree } = await import("../../core/git/worktree.ts");
    if (await isValidWorktree(worktree)) throw error;
    return undefined;
  }
}

/** Against `origin/<base>`, or the local branch in a rig whose origin does not have it; nothing without either. */
async function countsAgainst(
  worktree: string,
  base: string,
  refs: ReturnType<typeof readRefs>,
): Promise<{ readonly ahead: number; readonly behind: number } | undefined> {
  for (const revision of [`refs/remotes/origin/${base}`, `refs/heads/${base}`]) {
    if (refs !== undefined) {
      const commit = refs.commit(revision);
      if (commit === undefined) continue;
      if (commit === refs.head()) return { ahead: 0, behind: 0 };
    }
    const counts = await aheadBehind(worktree, revision, "HEAD").catch(() => undefined);
    if (counts !== undefined) return counts;
  }
  return undefined;
}

/** As git's own file says; git itself is asked only where it keeps its branches in another way. */
async function branchOf(worktree: string): Promise<string | undefined> {
  const refs = readRefs(worktree);
  if (refs !== undefined) return refs.branch();
  const { currentBranch } = await import("../../core/git/branch.ts");
  return currentBranch(worktree);
}
