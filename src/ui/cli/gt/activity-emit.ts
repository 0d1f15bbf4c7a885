import type { TownEvent } from "../../../core/events/event.ts";
import { appendEvents } from "../../../core/events/event-log.ts";
import { eventCategory } from "../../../core/events/event-types.ts";
import { usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

const payloadFlags = ["rig", "polecat", "target", "reason", "message", "status", "to"] as const;

/** `gt activity emit <type>`: formulas write events with it (spec/06 §9.4). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags, args } = context;
  const type = (args[0] ?? "").replaceAll(".", "_");
  if (!/^[a-z][a-z0-9_]*$/.test(type))
    throw usageError(`"${sanitiseLine(type)}" is no event type`, {
      hint: "gt activity emit patrol_started --rig <rig>",
    });
  for (const name of requiredFlags(type))
    if (flags.string(name) === undefined) throw usageError(`--${name} is required for ${type} events`);
  const town = await context.town();
  const rig = flags.string("rig");
  if (rig !== undefined) town.rig(rig);
  const actor = flags.string("actor") ?? (await context.actor());
  const count = flags.integer("count");
  const issue = flags.string("issue");
  const event: TownEvent = {
    ts: new Date().toISOString(),
    source: "gt",
    type,
    actor,
    payload: {
      ...Object.fromEntries(
        payloadFlags.flatMap((name) => {
          const value = flags.string(name);
          return value === undefined ? [] : [[name, value]];
        }),
      ),
      ...(issue === undefined ? {} : { [type === "polecat_checked" ? "issue" : "bead"]: issue }),
      ...(count === undefined ? {} : { [type.startsWith("patrol") ? "polecat_count" : "count"]: count }),
      ...branchOf(type, flags.string("target")),
    },
    visibility: visibilityOf(type, flags.string("message")),
  };
  appendEvents(town.paths.events, [event]);
  out.document({ ok: true, action: "activity emit", type, actor, payload: event.payload });
  out.done(`${type} by ${sanitiseLine(actor)}`);
  for (const [key, value] of Object.entries(event.payload))
    out.line(`  ${key}: ${sanitiseLine(String(value))}`);
}

function requiredFlags(type: string): readonly string[] {
  if (type === "polecat_checked" || type === "polecat_nudged") return ["rig", "polecat"];
  if (type.startsWith("patrol_")) return ["rig"];
  return type === "escalation_sent" ? ["rig", "target", "to"] : [];
}

/** Events of the merge queue are about branches. */
function branchOf(type: string, target: string | undefined): Readonly<Record<string, string>> {
  const isMerge =
    eventCategory({ type, ts: "", source: "gt", actor: "", payload: {}, visibility: "feed" }) === "merge";
  return isMerge && target !== undefined ? { branch: target } : {};
}

/** Routine belongs to the history; what has something to say belongs to the feed. */
function visibilityOf(type: string, message: string | undefined): TownEvent["visibility"] {
  if (type === "patrol_complete") return message === undefined ? "audit" : "feed";
  return type === "patrol_started" || type === "polecat_checked" ? "audit" : "feed";
}
