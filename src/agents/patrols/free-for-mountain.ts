import type { Operation } from "../../core/ledger/operation.ts";
import { droppingMolecule } from "../lifecycle/attached-molecule.ts";
import { mountainFailure } from "../lifecycle/count-bead-failure.ts";
import { preserveHolder } from "../lifecycle/preserve-holder.ts";
import { stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { sameAssignment } from "./worker-memory.ts";
import type { WorkerView } from "./worker-view.ts";

/**
 * A mountain goes on without asking: the failure is counted, the agent is freed with its work kept, and the bead is tried
 * again or skipped (spec/04 §9.2 W20, spec/05 §8.2). False when the bead is of no mountain; then nothing is done.
 */
export async function freeForMountain(
  access: TownAccess,
  view: WorkerView,
  reason: string,
  events: readonly Operation[],
): Promise<boolean> {
  const { agent, bead } = view;
  if (bead === undefined) return false;
  const failure = await mountainFailure(access, bead.id, reason);
  if (failure === undefined) return false;
  if (view.session !== undefined && view.session.phase !== "exited")
    await stopAgentSession(access, agent.address, "killed");
  const holder = await preserveHolder(
    access,
    access.town.rig(agent.rig),
    agent.address,
    "session-end",
    reason,
  );
  await access.ledger.write(access.actor, [
    sameAssignment(view),
    { op: "unhook", address: agent.address },
    {
      op: "update",
      id: bead.id,
      fields: {
        status: "open",
        assignee: "",
        ...(agent.branch === "" ? {} : { metadata: { prior_branch: agent.branch } }),
      },
    },
    ...(await droppingMolecule(access.ledger, bead, "given up")),
    { op: "comment", id: bead.id, text: `${agent.address} gave up: ${reason}` },
    ...holder.operations,
    ...events,
    // Last: at the limit it blocks the bead that was just opened.
    ...failure,
  ]);
  return true;
}
