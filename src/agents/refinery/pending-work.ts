import { existsSync } from "node:fs";
import { join } from "node:path";
import { resolveCommit } from "../../core/git/branch.ts";
import type { PendingWork } from "../../core/git/conflict-forecast.ts";
import { askGit } from "../../core/git/git.ts";
import { existingCommits } from "../../core/git/stack.ts";
import { openRequests } from "../../core/merge/open-requests.ts";
import type { Rig } from "../../core/town/town.ts";
import type { QueueContext } from "./queue-context.ts";

/** Everything of a rig that wants to reach the target: open requests, and what polecats are working on right now. */
export async function pendingWork(context: QueueContext, target: string): Promise<readonly PendingWork[]> {
  const { rig, access } = context;
  const requests = (await openRequests(access.ledger, rig)).filter((request) => request.target === target);
  const known = await existingCommits(
    rig.repository,
    requests.map(({ mr }) => mr.commitSha),
  );
  const submitted = requests
    .filter(({ mr }) => known.has(mr.commitSha))
    .map(({ mr }) => ({ name: mr.sourceIssue || mr.id, commit: mr.commitSha }));
  const agents = await access.ledger.agents({ rig: rig.name, role: "polecat" });
  const working = await Promise.all(
    agents
      .filter((agent) => agent.hookBead !== "")
      .map((agent) => inWorktree(rig, agent.name, agent.hookBead)),
  );
  return [...submitted, ...working.filter((work) => work !== undefined)];
}

async function inWorktree(rig: Rig, name: string, bead: string): Promise<PendingWork | undefined> {
  const worktree = join(rig.polecats, name, rig.name);
  if (!existsSync(worktree)) return undefined;
  const commit = await resolveCommit(worktree, "HEAD");
  if (commit === undefined) return undefined;
  // Without optional locks: looking must not get into the agent's way.
  const status = await askGit(worktree, [
    "--no-optional-locks",
    "status",
    "--porcelain",
    "-z",
    "--no-renames",
  ]);
  const uncommitted = status.stdout
    .split("\0")
    .filter((line) => line !== "")
    .map((line) => line.slice(3));
  return { name: bead, commit, uncommitted };
}
