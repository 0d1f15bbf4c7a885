import type { Agent } from "../../core/ledger/bead.ts";
import type { BatchEvent, Operation } from "../../core/ledger/operation.ts";

export type AssignmentChange = "created" | "active" | "suspended" | "resumed" | "completed" | "archived";

export interface AssignmentFacts {
  /** The assignment, when it is not what the agent was read with. */
  readonly bead?: string;
  readonly seq?: number;
  readonly reason?: string;
  readonly source?: BatchEvent["source"];
}

/** The event of one step in the life of an agent's assignment (spec/04 §1.5). */
export function assignmentEvent(
  agent: Pick<Agent, "address" | "hookBead" | "hookSeq" | "rig">,
  change: AssignmentChange,
  { bead = agent.hookBead, seq = agent.hookSeq, reason, source }: AssignmentFacts = {},
): Operation {
  const { address, rig } = agent;
  return {
    op: "event",
    event: {
      type: `hook_${change}`,
      payload: {
        agent: address,
        ...(bead === "" ? {} : { bead }),
        seq,
        ...(rig === "" ? {} : { rig }),
        ...(reason === undefined ? {} : { reason }),
      },
      ...(source === undefined ? {} : { source }),
    },
  };
}
