import type { TownData } from "./store/town-data.ts";

/** In a few words, what newly needs a person: agents in trouble, escalations, urgent mail. Empty when nothing does. */
export function newsOf(before: TownData, after: TownData): string {
  if (!before.isLoaded) return "";
  const knownAgents = new Set(
    before.agents.filter((agent) => agent.needsAttention).map(({ address }) => address),
  );
  const knownRows = new Set(before.inbox.map(({ id }) => id));
  const agents = after.agents.filter((agent) => agent.needsAttention && !knownAgents.has(agent.address));
  const rows = after.inbox.filter(
    (row) => row.isNew && !knownRows.has(row.id) && (row.kind === "escalation" || row.urgency === "urgent"),
  );
  const all = [
    ...agents.map(({ name, tag, health }) => `${name} is ${tag === "" ? health : tag}`),
    ...rows.map(({ subject }) => subject),
  ];
  const [first = ""] = all;
  return all.length <= 1 ? first : `${first}, and ${all.length - 1} more`;
}
