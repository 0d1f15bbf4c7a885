import type { AgentView } from "../../agents/patrols/agent-health.ts";

/** The command that a person most likely wants next for an agent that needs one. */
export function commandFor(agent: AgentView): string {
  const { address, health, hook, tag, suggestion } = agent;
  if (suggestion.startsWith("gt ")) return suggestion;
  if (hook === "suspended") return `gt hook resume ${address}`;
  if (health === "zombie") return `gt session start ${address}`;
  if (tag === "needs-human") return `gt attach ${address}`;
  return `gt nudge ${address} -m "status?"`;
}
