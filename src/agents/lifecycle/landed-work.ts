import { resolveCommit } from "../../core/git/branch.ts";
import { hasLanded } from "../../core/git/landed.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import type { Rig } from "../../core/town/town.ts";
import { baseRevision } from "./polecat-worktree.ts";

/** What became of the commits of an agent's latest assignment. */
export type WorkFate =
  /** All of them are where they were meant to arrive. */
  | "landed"
  /** It has commits that are nowhere else. */
  | "own"
  /** It has made no commit, or its branch is gone. */
  | "none";

/** Asks git, never a flag (spec/04 §3.7). Nothing is fetched. */
export async function fateOfWork(rig: Rig, agent: Agent): Promise<WorkFate> {
  if (agent.branch === "" || agent.baseSha === "") return "none";
  const head =
    (await resolveCommit(rig.repository, `refs/heads/${agent.branch}`)) ??
    (await resolveCommit(rig.repository, `refs/remotes/origin/${agent.branch}`));
  if (head === undefined || head === agent.baseSha) return "none";
  const target = await baseRevision(rig, agent.baseBranch || rig.defaultBranch);
  return (await hasLanded(rig.repository, { base: agent.baseSha, head, target })) ? "landed" : "own";
}
