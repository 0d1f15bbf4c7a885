import { type Raising, raising } from "../../core/escalation/raise.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { nextState } from "../lifecycle/agent-transition.ts";
import { assignmentEvent } from "../lifecycle/assignment-event.ts";
import { suspensionRow } from "../lifecycle/suspension.ts";
import type { TownAccess } from "../town-access.ts";
import { settleNotices } from "./escalate.ts";

/** An agent says itself that it cannot go on: its work is held where it is, and somebody is asked (spec/04 §1.4 row 12). */
export async function reportStuck(
  access: TownAccess,
  agent: Agent | undefined,
  why: string,
): Promise<Raising> {
  const { actor, ledger } = access;
  const bead = agent?.hookBead ?? "";
  const raised = await raising(access, {
    title: bead === "" ? `${actor} is stuck` : `${actor} is stuck on ${bead}`,
    reason: why === "" ? "It said so itself and gave no reason." : why,
    severity: "medium",
    // The Deacon in code cannot answer it, and must not restart it.
    tier: "mayor",
    by: actor,
    source: `heartbeat:${actor}`,
    same: "source",
    ...(bead === "" ? {} : { related: bead }),
    event: { target: actor, ...(bead === "" ? {} : { bead }) },
  });
  const held = agent?.state === "working" && bead !== "" ? holding(agent, why, access.clock.now()) : [];
  await ledger.write(actor, [...held, ...raised.operations]);
  const warnings = await settleNotices(access, raised.id);
  return { ...raised, warnings: [...raised.warnings, ...warnings] };
}

function holding(agent: Agent, why: string, now: number): readonly Operation[] {
  const { address, state, hookBead, rig } = agent;
  const reason = why === "" ? "it said so itself" : why;
  const payload = { agent: address, bead: hookBead, rig, reason };
  return [
    { op: "expectAgent", address, expected: { state, hookBead } },
    {
      op: "setAgent",
      address,
      fields: { state: nextState(address, state, "given-up"), hookState: "suspended" },
    },
    { op: "comment", id: hookBead, text: `${address} is stuck: ${reason}`, author: address },
    { op: "event", event: { type: "agent_stuck", payload } },
    { op: "putRow", ...suspensionRow(address), value: { reason, since: now } },
    assignmentEvent(agent, "suspended", { reason }),
  ];
}
