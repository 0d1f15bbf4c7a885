import type { Agent } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";

export type AssignmentChange = "created" | "active" | "suspended" | "resumed" | "completed" | "archived";

/** The event of one step in the life of an agent's present assignment (spec/04 §1.5). */
export function assignmentEvent(agent: Agent, change: AssignmentChange, reason?: string): Operation {
  const { address, hookBead, hookSeq, rig } = agent;
  return {
    op: "event",
    event: {
      type: `hook_${change}`,
      payload: {
        ...{ agent: address, bead: hookBead, seq: hookSeq },
        ...(rig === "" ? {} : { rig }),
        ...(reason === undefined ? {} : { reason }),
      },
      visibility: change === "suspended" || change === "resumed" ? "feed" : "audit",
    },
  };
}
