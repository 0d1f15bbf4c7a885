import { formatEventLine } from "../../../core/events/describe-event.ts";
import { readEvents } from "../../../core/events/read-events.ts";
import { eventRecord } from "../../plain/event-record.ts";
import { spansDays } from "../../plain/overview.ts";
import { wantsAscii } from "../ascii.ts";
import type { CommandContext } from "../command.ts";
import { eventQuery, readOptions } from "./event-filter.ts";

/** `gt activity [list]`: the newest events, 20 unless said otherwise (spec/06 §13.2). */
export async function run(context: CommandContext): Promise<void> {
  const { out, env } = context;
  const town = await context.town();
  const query = eventQuery(context, town, 20);
  const events = readEvents(town.paths.events, readOptions(query, town));
  const withDay = spansDays(events);
  for (const event of events) {
    if (out.json) out.record(eventRecord(event, { rigs: town.rigs() }));
    else out.line(formatEventLine(event, { ascii: wantsAscii(env), withDay }));
  }
  if (events.length === 0) out.line(query.isFiltered ? "No events match the filter" : "No events yet");
}
