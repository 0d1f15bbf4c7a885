import { sandboxRisk } from "../lifecycle/sandbox-risk.ts";
import { unsling } from "../lifecycle/unsling.ts";
import type { TownAccess } from "../town-access.ts";
import { askForRecovery } from "./ask-for-recovery.ts";
import { sameAssignment } from "./worker-memory.ts";
import type { WorkerView } from "./worker-view.ts";

/**
 * W5, transition 15: the work is over, whoever ended it. Session and files are kept and ended as by `gt unsling`: what is
 * not committed is in a snapshot, what is committed on the remote. When it could not get there, a person is asked.
 */
export async function releaseWorker(access: TownAccess, view: WorkerView, reason: string): Promise<void> {
  const { address, rig, hookBead } = view.agent;
  await unsling(access, { agent: address, bead: hookBead, force: true, reason });
  const agent = await access.ledger.agent(address);
  if (agent?.state !== "stuck") return;
  const { work } = await sandboxRisk(access, access.town.rig(rig), agent);
  const isKept = work.unpushed.length === 0 && work.stashes.length === 0;
  const after = { ...view, agent };
  if (!isKept || work.operation !== undefined || work.unknown !== undefined)
    return askForRecovery(access, after, "it was released, but not all of its work could be pushed");
  await access.ledger.write(access.actor, [
    sameAssignment(after),
    { op: "setAgent", address, fields: { state: "idle" } },
  ]);
}
