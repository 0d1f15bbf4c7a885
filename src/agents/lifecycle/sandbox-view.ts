import { aheadBehind } from "../../core/git/ancestry.ts";
import { currentBranch } from "../../core/git/branch.ts";
import { listSnapshots } from "../../core/git/hook-snapshots.ts";
import { changedFiles } from "../../core/git/work-at-risk.ts";
import { isValidWorktree } from "../../core/git/worktree.ts";
import type { Rig } from "../../core/town/town.ts";
import type { HookView } from "./hook-view.ts";
import { baseRevision } from "./polecat-worktree.ts";
import { overlayFiles } from "./sandbox-setup.ts";

interface Sandbox {
  readonly worktree: string;
  readonly rig: Rig;
  /** Where its snapshots are kept, e.g. `polecats/nux`. */
  readonly place: string;
  readonly base: string;
}

/** What git knows of a sandbox (spec/04 §2.10); nothing when it is none. */
export async function sandboxView({
  worktree,
  rig,
  place,
  base,
}: Sandbox): Promise<Pick<HookView, "branch" | "ahead" | "behind" | "dirty" | "snapshot"> | undefined> {
  if (!(await isValidWorktree(worktree))) return undefined;
  const [[newest], counts, branch, dirty] = await Promise.all([
    listSnapshots(worktree, place),
    // A base that is there no more: the rest is still worth showing.
    baseRevision(rig, base)
      .then((revision) => aheadBehind(worktree, revision, "HEAD"))
      .catch(() => undefined),
    currentBranch(worktree),
    changedFiles(worktree, overlayFiles(rig)),
  ]);
  return {
    branch: branch ?? null,
    ahead: counts?.ahead ?? null,
    behind: counts?.behind ?? null,
    dirty: dirty.map((file) => file.path),
    snapshot: newest === undefined ? null : { seq: newest.seq, time: newest.time, reason: newest.reason },
  };
}
