import type { Agent, AgentState } from "../../core/ledger/bead.ts";

/** What the stored state of an agent that is neither polecat nor dog must agree with. */
export interface StateFacts {
  readonly agent: Pick<Agent, "role" | "state" | "hookState">;
  /** Work that is not closed is on its hook. */
  readonly isHooked: boolean;
  /** `unknown`: the host does not answer, or the session may be one of a person's own terminals. */
  readonly session: "alive" | "dead" | "unknown";
  /** For a builtin role: its loop makes its rounds. */
  readonly isLooping: boolean;
}

/**
 * The state that such an agent is in by the table of spec/04 §1.3; undefined when the stored one is right or cannot be
 * judged. The Mayor's is never judged: `running` also says that its session is to come back. Pure.
 */
export function decideState(facts: StateFacts): AgentState | undefined {
  const state = stateBy(facts);
  return state === facts.agent.state ? undefined : state;
}

function stateBy({ agent, isHooked, session, isLooping }: StateFacts): AgentState | undefined {
  const { role, state, hookState } = agent;
  if (state === "nuked" || role === "mayor" || role === "polecat" || role === "dog") return undefined;
  if (role !== "crew") {
    if (session === "unknown") return undefined;
    return session === "alive" || isLooping ? "running" : "stopped";
  }
  const isResting = state === "running" || state === "stopped";
  if (isHooked) return isResting && hookState === "active" ? "working" : undefined;
  if (session !== "unknown") return session === "alive" ? "running" : "stopped";
  return isResting ? undefined : "running";
}
