import { raising } from "../../core/escalation/raise.ts";
import { listSnapshots } from "../../core/git/list-snapshots.ts";
import { sandboxRisk } from "../lifecycle/sandbox-risk.ts";
import type { TownAccess } from "../town-access.ts";
import { remember, sameAssignment, withAct } from "./worker-memory.ts";
import type { WorkerView } from "./worker-view.ts";

/** `RECOVERY_NEEDED`: work is at risk that code could not bring to safety. Nothing of it is removed (spec/04 §9.4). */
export async function askForRecovery(access: TownAccess, view: WorkerView, reason: string): Promise<void> {
  const { agent, memory } = view;
  const rig = access.town.rig(agent.rig);
  const { cleanupStatus: status } = await sandboxRisk(access, rig, agent);
  const [newest] = await listSnapshots(rig.repository, `polecats/${agent.name}`);
  const raised = await raising(access, {
    title: `${agent.address} holds work that is not safe: ${reason}`,
    reason: `Nothing is removed. Look: gt polecat check-recovery ${agent.address}`,
    severity: "high",
    by: access.actor,
    source: `witness:recovery:${agent.address}:${agent.hookSeq}`,
    same: "source",
    ...(agent.hookBead === "" ? {} : { related: agent.hookBead }),
    protocol: {
      subject: `RECOVERY_NEEDED ${agent.address}`,
      values: {
        Polecat: agent.address,
        "Cleanup Status": status,
        Branch: agent.branch,
        Issue: agent.hookBead,
        Snapshot: newest?.ref,
      },
    },
    event: { target: agent.address, rig: agent.rig },
    eventSource: "daemon",
  });
  await access.ledger.write(access.actor, [
    sameAssignment(view),
    { op: "setAgent", address: agent.address, fields: { cleanupStatus: status } },
    remember(agent.address, withAct(memory, "ask", access.clock.now())),
    ...raised.operations,
  ]);
}
