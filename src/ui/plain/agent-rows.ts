import type { AgentView } from "../../agents/patrols/agent-health.ts";
import { formatSpan } from "../../core/duration.ts";

export const agentColumns = ["ADDRESS", "ROLE", "STATE", "BEAD", "IDLE", "NOTE"] as const;
export const problemColumns = ["AGENT", "STATE", "IDLE", "BEAD", "RIG", "REASON"] as const;

/** Rows of the AGENTS section (spec/06 §10). */
export function agentRows(agents: readonly AgentView[]): readonly (readonly string[])[] {
  return agents.map((agent) => [
    agent.address,
    agent.role,
    agent.health,
    agent.bead || "-",
    idle(agent),
    agent.tag || agent.reason || "-",
  ]);
}

/** Rows of the problems table (spec/06 §12.4): those alone that need attention. */
export function problemRows(agents: readonly AgentView[]): readonly (readonly string[])[] {
  return agents
    .filter((agent) => agent.needsAttention)
    .map((agent) => [
      agent.address,
      agent.tag === "stuck" ? "stuck" : agent.health,
      idle(agent),
      agent.bead || "-",
      agent.rig || "-",
      agent.reason || "-",
    ]);
}

/** One object per agent of `gt feed --plain --problems --json`; `lastLine` is what its screen says last. */
export function problemRecord(agent: AgentView, lastLine = ""): Readonly<Record<string, unknown>> {
  return {
    address: agent.address,
    role: agent.role,
    rig: agent.rig,
    state: agent.health,
    idle_minutes: Math.floor(agent.idleMs / 60_000),
    bead: agent.bead,
    reason: agent.reason,
    suggestion: agent.suggestion,
    last_output: lastLine,
    needs_attention: agent.needsAttention,
  };
}

function idle(agent: AgentView): string {
  return agent.idleMs > 0 ? formatSpan(agent.idleMs) : "-";
}
