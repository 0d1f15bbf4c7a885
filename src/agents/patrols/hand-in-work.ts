import { done } from "../lifecycle/done.ts";
import { stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { remember, sameAssignment, withAct } from "./worker-memory.ts";
import type { WorkerAction } from "./worker-action.ts";
import type { WorkerView } from "./worker-view.ts";

type HandIn = Extract<WorkerAction, { readonly kind: "hand-in" }>;

/**
 * W18, W23: runs `gt done` COMPLETED in the agent's name. The attempt is counted before it is made. Takes the agent's
 * lock itself; throws what `gt done` throws.
 */
export async function handInWork(access: TownAccess, view: WorkerView, action: HandIn): Promise<void> {
  const { agent, memory } = view;
  const key = action.detection === "W23" ? "W23-hand-in" : action.detection;
  await access.ledger.write(access.actor, [
    sameAssignment(view),
    remember(agent.address, withAct(memory, key, access.clock.now())),
    {
      op: "event",
      event: {
        type: "done_resumed",
        payload: {
          ...{ polecat: agent.name, agent: agent.address, bead: agent.hookBead, rig: agent.rig },
          reason: action.reason,
        },
        source: "daemon",
      },
    },
  ]);
  await done({ ...access, actor: agent.address }, { exit: "COMPLETED" });
  await stopAgentSession(access, agent.address, "done");
}
