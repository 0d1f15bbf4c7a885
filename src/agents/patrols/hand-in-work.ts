import { compose } from "../../core/mail/compose.ts";
import { protocolBody } from "../../core/mail/protocol.ts";
import type { Operation } from "../../core/ledger/operation.ts";
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
        payload: { agent: agent.address, bead: agent.hookBead, rig: agent.rig, reason: action.reason },
        source: "daemon",
      },
    },
    ...(action.detection === "W18" && memory.acted["W18"] === undefined
      ? tellMayor(access, view, action)
      : []),
  ]);
  await done({ ...access, actor: agent.address }, { exit: "COMPLETED" });
  await stopAgentSession(access, agent.address, "done");
}

/** Finished work that is not on the remote yet: the mayor hears of it at the first failure (spec/04 §9.4). */
function tellMayor(access: TownAccess, { agent }: WorkerView, action: HandIn): readonly Operation[] {
  return compose(
    {
      from: access.actor,
      to: ["mayor/"],
      subject: `PUSH_FAILED ${agent.address}`,
      body: protocolBody({ Branch: agent.branch, Issue: agent.hookBead, Error: action.reason }),
      priority: 1,
    },
    access.random,
  ).operations;
}
