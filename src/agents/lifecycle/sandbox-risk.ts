import { existsSync, readdirSync } from "node:fs";
import { aheadBehind } from "../../core/git/ahead-behind.ts";
import { currentBranch, resolveCommit } from "../../core/git/branch.ts";
import { hasLanded } from "../../core/git/landed.ts";
import { describeRisks, isAtRisk, measureWorkAtRisk, type WorkAtRisk } from "../../core/git/work-at-risk.ts";
import { isValidWorktree } from "../../core/git/worktree.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import { type MergeRequest, mergeRequest } from "../../core/merge/merge-request.ts";
import { openRequestsFor } from "../../core/merge/submit.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import { parseBranchName } from "./branch-name.ts";
import { seatPlaces } from "./polecat-places.ts";
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
  /** Those of them that are in the sandbox itself. */
  readonly workReasons: readonly string[];
  /** The worst of them in a word, as the agent bead would have it. */
  readonly cleanupStatus: "clean" | "has_uncommitted" | "has_stash" | "has_unpushed" | "unknown";
  /** What could be done about each of them, as a person types it. */
  readonly remedies: readonly string[];
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

/** Looks at the sandbox, its hook and the merge queue. Fetches nothing. */
export async function sandboxRisk(access: TownAccess, rig: Rig, agent: Agent): Promise<SandboxRisk> {
  const { worktree } = seatPlaces(rig, agent.name);
  const hasWorktree = await isValidWorktree(worktree);
  const base = await baseRevision(rig, rig.defaultBranch).catch(() => undefined);
  const work = hasWorktree
    ? await measureWorkAtRisk(worktree, {
        targets: [
          ...(base === undefined ? [] : [base]),
          ...(agent.baseBranch === "" ? [] : [`refs/remotes/origin/${agent.baseBranch}`]),
        ],
        ownFiles: overlayFiles(rig),
      })
    : { ...nothing, unknown: isLeft(worktree) ? `git cannot read ${worktree}` : undefined };
  const branch = hasWorktree ? await currentBranch(worktree) : undefined;
  const hooked = agent.hookBead === "" ? undefined : await access.ledger.get(agent.hookBead);
  const isOnHook = hooked !== undefined && hooked.status !== "closed";
  const requests = await requestsOf(access.ledger, agent, branch);
  const waiting = requests.filter((mr) => mr.status !== "closed");
  const isUnlanded =
    base !== undefined && branch !== undefined && (await isAhead(rig, worktree, { agent, branch, base }));
  const isOpen = await isBeadOpen(access.ledger, hooked?.id ?? parseBranchName(branch ?? "")?.bead);
  const verdict: RecoveryVerdict = isAtRisk(work)
    ? "NEEDS_RECOVERY"
    : isUnlanded && isOpen && requests.length === 0
      ? "NEEDS_MQ_SUBMIT"
      : "SAFE_TO_NUKE";
  return {
    worktree,
    hasWorktree,
    branch,
    work,
    verdict,
    queue: requests.length > 0 ? "submitted" : isUnlanded ? "not_submitted" : "unknown",
    workReasons: describeRisks(work),
    cleanupStatus: cleanupStatusOf(work),
    reasons: [
      ...describeRisks(work),
      ...(isOnHook ? [`${hooked.id} is on its hook`] : []),
      ...waiting.map((mr) => `${mr.id} waits in the merge queue`),
    ],
    remedies: [
      ...(isAtRisk(work) ? [`bring it to its end: cd ${worktree}, then commit, push or gt done`] : []),
      ...(isOnHook ? [`take the bead off the hook: gt unsling ${hooked.id}`] : []),
      ...waiting.map((mr) => `wait for the merge: gt mq status ${mr.id}`),
    ],
    behind: hasWorktree && base !== undefined ? (await aheadBehind(worktree, base, "HEAD")).behind : 0,
  };
}

function cleanupStatusOf(work: WorkAtRisk): SandboxRisk["cleanupStatus"] {
  if (work.unknown !== undefined) return "unknown";
  if (work.uncommitted.length > 0 || work.operation !== undefined) return "has_uncommitted";
  if (work.stashes.length > 0) return "has_stash";
  return work.unpushed.length > 0 ? "has_unpushed" : "clean";
}

/** Something lies where the worktree should be. */
function isLeft(worktree: string): boolean {
  return existsSync(worktree) && readdirSync(worktree).length > 0;
}

/** The merge requests, closed ones too, of what the polecat does now or has handed in last. */
async function requestsOf(
  ledger: Ledger,
  agent: Agent,
  branch: string | undefined,
): Promise<readonly MergeRequest[]> {
  const found = new Map<string, MergeRequest>();
  const names = new Set([branch ?? "", agent.branch].filter((name) => name !== ""));
  for (const name of names)
    for (const bead of await ledger.find({ type: "merge-request", metadata: { "mr.branch": name } }))
      found.set(bead.id, mergeRequest(bead));
  if (agent.hookBead !== "")
    for (const mr of await openRequestsFor(ledger, agent.hookBead)) found.set(mr.id, mr);
  return [...found.values()];
}

async function isAhead(
  rig: Rig,
  worktree: string,
  place: { readonly agent: Agent; readonly branch: string; readonly base: string },
): Promise<boolean> {
  const { agent, branch, base } = place;
  if (agent.baseSha === "" || (await resolveCommit(worktree, "HEAD")) === agent.baseSha) return false;
  const question = { base: agent.baseSha, head: `refs/heads/${branch}`, target: base };
  return !(await hasLanded(rig.repository, question));
}

async function isBeadOpen(ledger: Ledger, id: string | undefined): Promise<boolean> {
  const bead = id === undefined ? undefined : await ledger.get(id);
  return bead !== undefined && bead.status !== "closed";
}
