import { describeEvent, eventSymbol } from "../../core/events/describe-event.ts";
import type { TownEvent } from "../../core/events/event.ts";
import { eventCategory } from "../../core/events/event-types.ts";
import { type EventContext, rigOfEvent, targetOfEvent } from "../../core/events/match-event.ts";
import { parseAddress } from "../../core/town/address.ts";

/** The event with its derived fields, one JSON line of `gt feed --json` (spec/06 §9.5, §10). */
export function eventRecord(event: TownEvent, context: EventContext): Readonly<Record<string, unknown>> {
  return {
    ...event,
    symbol: eventSymbol(event, { ascii: false }),
    category: eventCategory(event),
    rig: rigOfEvent(event, context),
    role: parseAddress(event.actor)?.role ?? "",
    target: targetOfEvent(event),
    message: describeEvent(event),
  };
}
