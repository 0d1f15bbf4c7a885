import type { EventFilter } from "../../../core/events/event.ts";

/** The filters of `gt feed` as one types them into the terminal UI: `type:merge rig:acme since:60m` (spec/06 §10). */
export function feedFilter(filter: EventFilter, text: string | undefined, now: number): string {
  const since = filter.since === undefined ? [] : [`since:${Math.ceil((now - filter.since) / 60_000)}m`];
  return [
    ...(filter.types ?? []).map((type) => `type:${type}`),
    ...(filter.rig === undefined ? [] : [`rig:${filter.rig}`]),
    ...(filter.actor === undefined ? [] : [`agent:${filter.actor}`]),
    ...since,
    ...(filter.visibility === "feed" ? [] : ["audit:on"]),
    ...(text === undefined ? [] : [text]),
  ].join(" ");
}
