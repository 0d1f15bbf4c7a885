import { takeSnapshot } from "../../core/git/hook-snapshots.ts";
import { pushBestEffort } from "../lifecycle/keep-work.ts";
import { snapshotSubject } from "../lifecycle/polecat-worktree.ts";
import { sandboxRisk } from "../lifecycle/sandbox-risk.ts";
import type { TownAccess } from "../town-access.ts";
import { askForRecovery } from "./ask-for-recovery.ts";
import { leftoverMark } from "./leftover-mark.ts";
import { remember, sameAssignment, withAct } from "./worker-memory.ts";
import type { WorkerView } from "./worker-view.ts";

const mostFailedPushes = 3;

/**
 * W11: what an idle sandbox still holds is kept as a snapshot and on the remote; the sandbox stays as it is. False when it
 * holds nothing that is not kept already.
 */
export async function tidySandbox(access: TownAccess, view: WorkerView): Promise<boolean> {
  const { agent } = view;
  const rig = access.town.rig(agent.rig);
  const { worktree, work } = await sandboxRisk(access, rig, agent);
  const done: string[] = [];
  if (work.uncommitted.length > 0) {
    const subject = { worktree, place: `polecats/${agent.name}`, address: agent.address, agent };
    const taken = await takeSnapshot(snapshotSubject(access, subject), "interval");
    if (taken.state === "taken") done.push(`snapshot ${taken.snapshot.seq}`);
  }
  let memory = view.memory;
  let isSettled = true;
  if (work.unpushed.length > 0 && rig.gitUrl !== "") {
    isSettled = await pushBestEffort(rig, agent, worktree);
    if (isSettled) done.push("branch pushed");
    else memory = withAct(memory, "W11-push", access.clock.now());
  }
  const mustAsk =
    (memory.acted["W11-push"]?.count ?? 0) >= mostFailedPushes && memory.acted["ask"] === undefined;
  // Looking may have refreshed git's index: what it looks like now is what has been looked through.
  const tidied = isSettled || mustAsk ? leftoverMark(worktree) : undefined;
  const after = { ...memory, ...(tidied === undefined ? {} : { tidied }) };
  await access.ledger.write(access.actor, [
    sameAssignment(view),
    remember(agent.address, after),
    ...(done.length === 0
      ? []
      : [
          {
            op: "event",
            event: {
              type: "dirty_idle",
              payload: {
                agent: agent.address,
                rig: agent.rig,
                what: `kept what ${agent.address} left behind: ${done.join(", ")}`,
              },
              source: "daemon",
            },
          } as const,
        ]),
  ]);
  if (mustAsk) await askForRecovery(access, { ...view, memory: after }, "its branch cannot be pushed");
  return done.length > 0 || !isSettled;
}
