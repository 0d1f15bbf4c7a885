import { describeEvent } from "../../../core/events/describe-event.ts";
import type { EventFilter, TownEvent } from "../../../core/events/event.ts";
import { targetOfEvent } from "../../../core/events/match-event.ts";
import type { ReadOptions } from "../../../core/events/read-events.ts";
import { usageError } from "../../../core/gt-error.ts";
import type { Town } from "../../../core/town/town.ts";
import type { CommandContext } from "../command.ts";

export interface EventQuery {
  readonly filter: EventFilter;
  readonly accepts?: (event: TownEvent) => boolean;
  /** Undefined: no limit. */
  readonly limit: number | undefined;
  /** Something was asked for, so that "nothing" means "nothing matches". */
  readonly isFiltered: boolean;
}

/** The filters that were typed (spec/06 §10). `E_RIG_UNKNOWN` for a rig that is not there. */
export function eventQuery({ flags }: CommandContext, town: Town, defaultLimit: number): EventQuery {
  const limit = flags.integer("limit") ?? defaultLimit;
  if (limit < 0) throw usageError("--limit must not be negative", { hint: "gt feed --plain --limit 0" });
  const rig = flags.string("rig");
  const types = flags.strings("type");
  const since = flags.since("since");
  const actor = flags.string("actor");
  const text = flags.string("mol")?.toLowerCase();
  return {
    filter: {
      ...(rig === undefined ? {} : { rig: town.rig(rig).name }),
      ...(types.length === 0 ? {} : { types }),
      ...(since === undefined ? {} : { since }),
      ...(actor === undefined ? {} : { actor }),
      ...(flags.boolean("audit") ? {} : { visibility: "feed" }),
    },
    ...(text === undefined ? {} : { accepts: (event) => mentions(event, text) }),
    limit: limit === 0 ? undefined : limit,
    isFiltered: [rig, since, actor, text].some((part) => part !== undefined) || types.length > 0,
  };
}

/** The query as the reader of the log takes it. */
export function readOptions(query: EventQuery, town: Town): ReadOptions {
  return {
    filter: query.filter,
    context: { rigs: town.rigs() },
    ...(query.accepts ? { accepts: query.accepts } : {}),
    ...(query.limit === undefined ? {} : { limit: query.limit }),
  };
}

function mentions(event: TownEvent, text: string): boolean {
  const ids = ["bead", "convoy", "mr", "root", "molecule"].map((key) => event.payload[key]);
  return [targetOfEvent(event), describeEvent(event), ...ids].some(
    (value) => typeof value === "string" && value.toLowerCase().includes(text),
  );
}
