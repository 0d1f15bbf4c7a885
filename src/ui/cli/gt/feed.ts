import { agentHealth } from "../../../agents/patrols/agent-health.ts";
import { lastOutput } from "../../../agents/patrols/last-output.ts";
import { formatEventLine } from "../../../core/events/describe-event.ts";
import type { TownEvent } from "../../../core/events/event.ts";
import { followEvents } from "../../../core/events/follow-events.ts";
import { readEvents } from "../../../core/events/read-events.ts";
import { usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { problemColumns, problemRecord, problemRows } from "../../plain/agent-rows.ts";
import { columnLines } from "../../plain/columns.ts";
import { eventRecord } from "../../plain/event-record.ts";
import { overviewLines, type Panel, panels, readOverview, spansDays } from "../../plain/overview.ts";
import { wantsAscii } from "../ascii.ts";
import type { CommandContext } from "../command.ts";
import { lookingAccess } from "./looking.ts";
import { type EventQuery, eventQuery, readOptions } from "./event-filter.ts";
import { feedFilter } from "./feed-filter.ts";
import { showFeedWindow } from "./feed-window.ts";
import { wantsTui } from "./overview.ts";
import { showTui } from "./show-tui.ts";

/** `gt feed` (spec/06 §10). */
export async function run(context: CommandContext): Promise<number> {
  const { flags, out } = context;
  if (flags.boolean("follow") && flags.boolean("no-follow"))
    throw usageError("--follow and --no-follow exclude each other", { hint: "gt feed --plain --follow" });
  const sections = sectionsOf(flags.strings("panels"));
  const town = await context.town();
  const query = eventQuery(context, town, 100);
  if (flags.boolean("window")) return showFeedWindow(context);
  if (wantsTui(context))
    return showTui(context, {
      view: flags.boolean("problems") ? "problems" : "activity",
      filter: feedFilter(query.filter, flags.string("mol"), Date.now()),
    });
  if (flags.boolean("problems")) return printProblems(context);
  if (sections.some((panel) => panel !== "events")) {
    const access = await lookingAccess(context);
    const overview = await readOverview(access, sections, readOptions(query, town));
    const options = { now: access.clock.now(), ascii: wantsAscii(context.env), withHeadings: true };
    for (const line of overviewLines(overview, options)) out.line(line);
    return 0;
  }
  const isFollowing = flags.boolean("follow") || (out.width !== undefined && !flags.boolean("no-follow"));
  return isFollowing ? follow(context, query) : print(context, query);
}

async function print(context: CommandContext, query: EventQuery): Promise<number> {
  const town = await context.town();
  const events = readEvents(town.paths.events, readOptions(query, town));
  printerOf(context, town.rigs())(events);
  if (events.length === 0)
    context.out.line(query.isFiltered ? "No events match the filter" : "No events found in .events.jsonl");
  return 0;
}

async function follow(context: CommandContext, query: EventQuery): Promise<number> {
  const town = await context.town();
  const signal = context.untilSignal();
  const follower = await followEvents(
    town.paths.events,
    {
      filter: query.filter,
      past: query.limit ?? Number.POSITIVE_INFINITY,
      context: () => ({ rigs: town.rigs() }),
      ...(query.accepts ? { accepts: query.accepts } : {}),
    },
    printerOf(context, town.rigs()),
  );
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await follower.close();
  return 0;
}

/** Prints batches of events; the first one decides whether lines carry the day. */
function printerOf(
  { out, env }: CommandContext,
  rigs: Parameters<typeof eventRecord>[1]["rigs"],
): (events: readonly TownEvent[]) => void {
  const ascii = wantsAscii(env);
  let withDay: boolean | undefined;
  return (events) => {
    withDay ??= spansDays(events);
    for (const event of events) {
      if (out.json) out.record(eventRecord(event, { rigs }));
      else out.line(formatEventLine(event, { ascii, withDay }));
    }
  };
}

/** `gt feed --plain --problems`: exit 3 when somebody needs attention (spec/06 §12.4). */
async function printProblems(context: CommandContext): Promise<number> {
  const { out } = context;
  const access = await lookingAccess(context);
  const agents = await agentHealth(access);
  if (out.json)
    for (const agent of agents) {
      const [line = ""] = agent.needsAttention ? (await lastOutput(access, agent)).slice(-1) : [];
      out.record(problemRecord(agent, line));
    }
  const rows = problemRows(agents);
  if (rows.length === 0) out.line(`No problems: ${agents.length} agents ok`);
  else
    for (const line of columnLines([problemColumns, ...rows.map((row) => row.map(sanitiseLine))]))
      out.line(line);
  return rows.length === 0 ? 0 : 3;
}

function sectionsOf(names: readonly string[]): readonly Panel[] {
  const unknown = names.find((name) => !panels.includes(name as Panel));
  if (unknown !== undefined)
    throw usageError(`unknown panel "${sanitiseLine(unknown)}"`, { why: [`panels: ${panels.join(", ")}`] });
  return names.length === 0 ? ["events"] : panels.filter((panel) => names.includes(panel));
}
