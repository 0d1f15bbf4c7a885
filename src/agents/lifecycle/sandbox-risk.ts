import { openRequestsFor } from "../../core/merge/submit.ts";
import { aheadBehind } from "../../core/git/ahead-behind.ts";
import { currentBranch, resolveCommit } from "../../core/git/branch.ts";
import { hasLanded } from "../../core/git/landed.ts";
import { describeRisks, isAtRisk, measureWorkAtRisk, type WorkAtRisk } from "../../core/git/work-at-risk.ts";
import { isValidWorktree } from "../../core/git/worktree.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import { seatPlaces } from "./polecat-pool.ts";
import { baseRevision } from "./polecat-worktree.ts";
import { overlayFiles } from "./overlay-files.ts";

export type RecoveryVerdict = "SAFE_TO_NUKE" | "NEEDS_RECOVERY" | "NEEDS_MQ_SUBMIT";

/** What would be lost with a polecat's sandbox, measured now (spec/04 §3.7). */
export interface SandboxRisk {
  readonly worktree: string;
  readonly hasWorktree: boolean;
  readonly branch: string | undefined;
  readonly work: WorkAtRisk;
  readonly verdict: RecoveryVerdict;
  /** Every reason against removing it; empty when it may go. */
  readonly reasons: readonly string[];
  readonly queue: "submitted" | "not_submitted" | "unknown";
  /** Commits behind the default branch. */
  readonly behind: number;
}

const nothing: WorkAtRisk = {
  uncommitted: [],
  stashes: [],
  unpushed: [],
  operation: undefined,
  unknown: undefined,
};

export async function sandboxRisk(access: TownAccess, rig: Rig, agent: Agent): Promise<SandboxRisk> {
  const { worktree } = seatPlaces(rig, agent.name);
  const hasWorktree = await isValidWorktree(worktree);
  const base = await baseRevision(rig, rig.defaultBranch);
  const work = hasWorktree
    ? await measureWorkAtRisk(worktree, {
        targets: [base, ...(agent.baseBranch === "" ? [] : [`refs/remotes/origin/${agent.baseBranch}`])],
        ownFiles: overlayFiles(rig),
      })
    : nothing;
  const branch = hasWorktree ? await currentBranch(worktree) : undefined;
  const bead = agent.hookBead === "" ? undefined : await access.ledger.get(agent.hookBead);
  const requests = bead === undefined ? [] : await openRequestsFor(access.ledger, bead.id);
  const isOnHook = bead !== undefined && bead.status !== "closed";
  const isUnlanded =
    branch !== undefined &&
    agent.baseSha !== "" &&
    (await resolveCommit(worktree, "HEAD")) !== agent.baseSha &&
    !(await hasLanded(rig.repository, { base: agent.baseSha, head: `refs/heads/${branch}`, target: base }));
  const verdict: RecoveryVerdict = isAtRisk(work)
    ? "NEEDS_RECOVERY"
    : isUnlanded && isOnHook && requests.length === 0
      ? "NEEDS_MQ_SUBMIT"
      : "SAFE_TO_NUKE";
  return {
    worktree,
    hasWorktree,
    branch,
    work,
    verdict,
    queue: requests.length > 0 ? "submitted" : isUnlanded ? "not_submitted" : "unknown",
    reasons: [
      ...describeRisks(work),
      ...(isOnHook ? [`${bead.id} is on its hook`] : []),
      ...requests.filter((mr) => mr.branch === branch).map((mr) => `${mr.id} waits in the merge queue`),
    ],
    behind: hasWorktree ? (await aheadBehind(worktree, base, "HEAD")).behind : 0,
  };
}
