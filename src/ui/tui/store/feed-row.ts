import { describeEvent, eventSymbol } from "../../../core/events/describe-event.ts";
import type { TownEvent } from "../../../core/events/event.ts";
import { eventCategory } from "../../../core/events/event-types.ts";
import { type EventContext, rigOfEvent, targetOfEvent } from "../../../core/events/match-event.ts";
import type { FeedRow, Tone } from "./town-data.ts";

export interface FeedRowOptions {
  readonly ascii: boolean;
  readonly context: EventContext;
  /** Distinguishes events without an id. */
  readonly sequence: number;
}

export function toFeedRow(event: TownEvent, { ascii, context, sequence }: FeedRowOptions): FeedRow {
  return {
    id: event.id ?? `${event.ts}#${sequence}`,
    at: Date.parse(event.ts) || 0,
    symbol: eventSymbol(event, { ascii }),
    actor: event.actor === "" ? "system" : event.actor,
    type: event.type,
    isAudit: event.visibility === "audit",
    category: eventCategory(event),
    tone: toneOf(event.type),
    message: describeEvent(event),
    rig: rigOfEvent(event, context),
    target: targetOfEvent(event),
  };
}

// First match wins: `merge_failed` is a failure before it is a merge (spec/06 §11.3).
const tones: readonly (readonly [RegExp, Tone])[] = [
  [/fail|death|error|denied|_red$|crash|kill|nudge|escalat|rejected|quarantined|blocked|gupp/, "bad"],
  [/delete|skip|stall|stuck|conflict|nuke|unhook|suspended|superseded|paused|estop/, "care"],
  [/create|sling|spawn|reuse|hook|done|merged|landed|complete|green|recovered|dispatch/, "good"],
];

function toneOf(type: string): Tone {
  return tones.find(([pattern]) => pattern.test(type))?.[1] ?? "news";
}
