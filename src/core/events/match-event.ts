import { longestPrefix } from "../town/agent-names.ts";
import type { Rig } from "../town/town.ts";
import type { EventFilter, TownEvent } from "./event.ts";
import { eventCategory } from "./event-types.ts";

/** What must be known of the town to tell which rig an event is about. */
export interface EventContext {
  readonly rigs: readonly Pick<Rig, "name" | "prefix">[];
}

/** The rig an event is about (spec/06 §9.5): its payload, actor, bead, or the agent it names; empty for the town. */
export function rigOfEvent(event: TownEvent, context: EventContext | undefined): string {
  const named = event.payload["rig"];
  if (typeof named === "string" && named !== "") return named;
  const rigs = context?.rigs ?? [];
  const first = event.actor.split("/", 1)[0] ?? "";
  if (rigs.some((rig) => rig.name === first)) return first;
  const bead = event.payload["bead"];
  const ofBead = typeof bead === "string" ? longestPrefix(bead, rigs) : undefined;
  if (ofBead) return ofBead.name;
  const agents = ["agent", "target", "polecat"].map((key) => String(event.payload[key] ?? ""));
  return rigs.find((rig) => agents.some((agent) => agent.startsWith(`${rig.name}/`)))?.name ?? "";
}

/** What an event happened to: first of bead, convoy, mr, root, gate, epic, escalation (spec/06 §9.5). */
export function targetOfEvent(event: TownEvent): string {
  for (const key of ["bead", "convoy", "mr", "root", "gate", "epic", "escalation_id"]) {
    const value = event.payload[key];
    if (typeof value === "string" && value !== "") return value;
  }
  return "";
}

/** All parts of the filter must hold; `types` takes event types and category names, `visibility: audit` everything. */
export function matchesEvent(
  event: TownEvent,
  filter: EventFilter | undefined,
  context: EventContext | undefined,
): boolean {
  if (!filter) return true;
  if (filter.visibility === "feed" && event.visibility !== "feed") return false;
  if (filter.since !== undefined && !(Date.parse(event.ts) >= filter.since)) return false;
  if (filter.actor !== undefined && !event.actor.startsWith(filter.actor.replace(/\/$/, ""))) return false;
  if (filter.bead !== undefined && targetOfEvent(event) !== filter.bead) return false;
  if (filter.rig !== undefined && rigOfEvent(event, context) !== filter.rig) return false;
  const types = filter.types ?? [];
  return (
    types.length === 0 ||
    types.some((type) => type.replaceAll(".", "_") === event.type || type === eventCategory(event))
  );
}
