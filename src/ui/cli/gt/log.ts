import { describeEvent, localTime } from "../../../core/events/describe-event.ts";
import type { EventFilter, TownEvent } from "../../../core/events/event.ts";
import { followEvents } from "../../../core/events/follow-events.ts";
import { readEvents } from "../../../core/events/read-events.ts";
import { usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

const lifecycle = new Set([
  "spawn",
  "session_start",
  "session_end",
  "session_death",
  "nudge",
  "handoff",
  "done",
  "kill",
  "agent_restarted",
  "patrol_started",
  "patrol_complete",
  "patrol_cycle",
  "escalation_sent",
]);

/** `gt log` (spec/06 §13.2): a view of the event log, no second file. */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const limit = flags.integer("limit") ?? 20;
  if (limit < 0) throw usageError("--limit must not be negative", { hint: "gt log -n 20" });
  const town = await context.town();
  const types = flags.strings("type");
  const since = flags.since("since");
  const agent = flags.string("agent");
  const filter: EventFilter = since === undefined ? {} : { since };
  const accepts = (event: TownEvent) =>
    lifecycle.has(event.type) &&
    (types.length === 0 || types.some((type) => isOfType(event, type))) &&
    (agent === undefined || agentOf(event).startsWith(agent.replace(/\/$/, "")));
  const past = limit === 0 ? Number.POSITIVE_INFINITY : limit;
  if (flags.boolean("follow")) {
    const signal = context.untilSignal();
    const show = (events: readonly TownEvent[]) => {
      for (const event of events) {
        if (out.json) out.record(documentOf(event));
        else out.line(lineOf(event));
      }
    };
    const follower = await followEvents(town.paths.events, { filter, accepts, past }, show);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    await follower.close();
    return;
  }
  const events = readEvents(town.paths.events, { filter, accepts, limit: past });
  out.document(events.map(documentOf));
  for (const event of events) out.line(lineOf(event));
  if (events.length > 0) return;
  const isFiltered = types.length > 0 || since !== undefined || agent !== undefined;
  out.line(isFiltered ? "No events match filter" : "No log entries yet");
}

/** `wake` is a session that came back, `crash` one that died. */
function isOfType(event: TownEvent, type: string): boolean {
  if (type === "wake") return event.type === "session_start" && event.payload["resumed"] === true;
  return event.type === (type === "crash" ? "session_death" : type.replaceAll(".", "_"));
}

/** Whom the event is about: the agent it names, else who acted. */
function agentOf(event: TownEvent): string {
  for (const key of ["agent", "target", "polecat"]) {
    const value = event.payload[key];
    if (typeof value === "string" && value.includes("/")) return value;
  }
  return event.actor;
}

function lineOf(event: TownEvent): string {
  return `${localTime(event.ts, true)} [${event.type}] ${sanitiseLine(agentOf(event))} ${describeEvent(event)}`;
}

function documentOf(event: TownEvent): Readonly<Record<string, unknown>> {
  return { timestamp: event.ts, type: event.type, agent: agentOf(event), context: describeEvent(event) };
}
