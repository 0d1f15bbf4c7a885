import { resolveCommit } from "../../core/git/branch.ts";
import { runGit } from "../../core/git/git.ts";
import { type HookSnapshot, listSnapshots } from "../../core/git/list-snapshots.ts";
import { restoreSnapshot } from "../../core/git/restore-snapshot.ts";
import { updateSubmodules } from "../../core/git/submodules.ts";
import { addWorktree, pruneWorktrees } from "../../core/git/worktree.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import type { Rig } from "../../core/town/town.ts";
import { putAside } from "../lifecycle/lost-and-found.ts";
import { seatPlaces } from "../lifecycle/polecat-places.ts";
import { setUpSandbox } from "../lifecycle/sandbox-setup.ts";
import type { TownAccess } from "../town-access.ts";

/**
 * W15: the worktree was deleted or broken. It stands at the head of its branch again, with the uncommitted work of the
 * newest snapshot; what is left of the broken one goes to `lost+found` (spec/04 §9.2, §12).
 */
export async function rebuildSandbox(access: TownAccess, agent: Agent): Promise<void> {
  if (agent.branch === "") return;
  const rig = access.town.rig(agent.rig);
  const { repository } = rig;
  const { worktree } = seatPlaces(rig, agent.name);
  const told: string[] = [];
  const label = `${agent.rig}-polecats-${agent.name}`;
  const aside = putAside(access.town, worktree, label, access.clock.now());
  if (aside !== undefined) told.push(`what was left is in ${aside}`);
  await pruneWorktrees(repository);
  const snapshot = await newestSnapshot(rig, agent);
  const start = await startOf(rig, agent, snapshot);
  const isBranch = start === `refs/heads/${agent.branch}`;
  await addWorktree(
    repository,
    worktree,
    isBranch ? { start: agent.branch } : { start, branch: agent.branch },
  );
  if (isBranch) await runGit(worktree, ["switch", "--quiet", "--", agent.branch]);
  await updateSubmodules(worktree);
  // Commits that came after it are worth more than its files.
  if (snapshot !== undefined && snapshot.head === (await resolveCommit(worktree, "HEAD"))) {
    // Fresh from its branch, it holds nothing that is only here.
    await restoreSnapshot(worktree, snapshot, { present: undefined, putAside: () => undefined });
    told.push(`its files are those of snapshot ${snapshot.seq}`);
  }
  told.push(...(await setUpSandbox({ rig, worktree, name: agent.name })));
  await access.ledger.write(access.actor, [
    {
      op: "event",
      event: {
        type: "sandbox_repaired",
        payload: {
          agent: agent.address,
          bead: agent.hookBead,
          rig: agent.rig,
          what: ["worktree rebuilt from its branch", ...told].join("; "),
        },
        source: "daemon",
      },
    },
  ]);
}

/** Of this assignment; that of another one has nothing to do with its branch. */
async function newestSnapshot(rig: Rig, agent: Agent): Promise<HookSnapshot | undefined> {
  const [newest] = await listSnapshots(rig.repository, `polecats/${agent.name}`);
  const isOwn = newest?.bead === agent.hookBead && newest.assignment === agent.hookSeq;
  return isOwn ? newest : undefined;
}

/** The branch; if that is gone, too, where it was pushed to, or what the snapshot stood on, or what it began with. */
async function startOf(rig: Rig, agent: Agent, snapshot: HookSnapshot | undefined): Promise<string> {
  const places = [`refs/heads/${agent.branch}`, `refs/remotes/origin/${agent.branch}`, snapshot?.head ?? ""];
  for (const place of places)
    if (place !== "" && (await resolveCommit(rig.repository, place)) !== undefined) return place;
  return agent.baseSha;
}
