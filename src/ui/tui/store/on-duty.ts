import type { AgentView } from "../../../agents/patrols/agent-health.ts";
import type { HealthState } from "../../../core/health/assess.ts";

/** A loop of the running daemon does the agent's work: it needs no session and no bead (spec/04 §1.1). */
export function isOnDuty(agent: AgentView): boolean {
  const isLoop = ["deacon", "boot", "witness", "refinery"].includes(agent.role) && agent.phase === undefined;
  return isLoop && agent.state === "running" && agent.health === "idle";
}

/** The health as people see it: who is on patrol is not idle (spec/06 §11.1). */
export function shownHealth(agent: AgentView): HealthState {
  return isOnDuty(agent) ? "working" : agent.health;
}
