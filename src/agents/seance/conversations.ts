import { formatTime } from "../../core/clock.ts";
import { readEvents } from "../../core/events/read-events.ts";
import type { TownEvent } from "../../core/events/event.ts";
import { GtError } from "../../core/gt-error.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import { findRuntime } from "../runtimes/resolve-runtime.ts";
import type { Runtime } from "../runtimes/runtime.ts";
import type { TownAccess } from "../town-access.ts";
import { hostSnapshot } from "../patrols/agent-health.ts";

/** A conversation of an agent with its model, as the event log remembers it (spec/03 §9.1). */
export interface Conversation {
  /** Id that the runtime knows it by. */
  readonly id: string;
  /** Name of the host's session in which it ran. */
  readonly session: string;
  readonly actor: string;
  readonly role: string;
  readonly rig: string;
  /** Name of the runtime. */
  readonly agent: string;
  readonly cwd: string;
  readonly configDir?: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly topic: string;
  readonly bead?: string;
  readonly isLive: boolean;
}

/** Every conversation in the log, the latest first; one that was begun several times counts from its last start. */
export async function conversations(access: TownAccess): Promise<readonly Conversation[]> {
  const { town } = access;
  const host = await hostSnapshot(access);
  const runs = new Map([...host.sessions.values()].map((record) => [record.runId, record]));
  const events = readEvents(town.paths.events, {
    filter: { types: ["session_start", "session_end", "session_death"] },
  });
  const ends = new Map(
    events
      .filter((event) => event.type !== "session_start")
      .map((event) => [text(event, "run_id"), event.ts] as const),
  );
  const found = new Map<string, Conversation>();
  for (const event of events) {
    const id = text(event, "session_id");
    if (event.type !== "session_start" || id === "") continue;
    const run = runs.get(text(event, "run_id"));
    const isLive = run !== undefined && run.phase !== "exited";
    const endedAt = ends.get(text(event, "run_id")) ?? (run?.endedAt && formatTime(run.endedAt));
    const configDir = text(event, "config_dir");
    const bead = run?.bead ?? text(event, "bead");
    // Deleted first, so that the order is that of the last start.
    found.delete(id);
    found.set(id, {
      id,
      session: text(event, "session"),
      actor: event.actor,
      role: text(event, "role"),
      rig: text(event, "rig"),
      agent: text(event, "agent"),
      cwd: text(event, "cwd"),
      ...(configDir === "" ? {} : { configDir }),
      startedAt: event.ts,
      ...(isLive || !endedAt ? {} : { endedAt }),
      topic: text(event, "topic") || (run?.topic ?? ""),
      ...(bead === "" ? {} : { bead }),
      isLive,
    });
  }
  return [...found.values()].reverse();
}

function text(event: TownEvent, key: string): string {
  const value = event.payload[key];
  return typeof value === "string" ? value : "";
}

/**
 * The conversation that is meant: a whole id, the beginning of exactly one, an agent's address (its newest that has
 * ended) or `last` (spec/03 §9.2).
 */
export function chooseConversation(all: readonly Conversation[], wanted: string): Conversation {
  const exact = all.find((each) => each.id === wanted);
  if (exact !== undefined) return exact;
  const ended = all.filter((each) => !each.isLive);
  if (wanted === "last" && ended[0] !== undefined) return ended[0];
  const actor = wanted.replace(/\/$/, "");
  const ofActor = ended.find((each) => each.actor === actor || each.session === actor);
  if (ofActor !== undefined) return ofActor;
  const matching = wanted === "" ? [] : all.filter((each) => each.id.startsWith(wanted));
  const [only, second] = matching;
  if (only !== undefined && second === undefined) return only;
  const shown = sanitiseLine(wanted);
  if (only === undefined)
    throw new GtError("E_SEANCE_NOT_FOUND", `no session found matching prefix "${shown}"`, {
      hint: "gt seance",
    });
  const names = matching.slice(0, 5).map((each) => sanitiseLine(each.id));
  const more = matching.length > names.length ? ", …" : "";
  throw new GtError(
    "E_AMBIGUOUS",
    `ambiguous prefix "${shown}" matches ${matching.length} sessions: ${names.join(", ")}${more}`,
    { hint: "gt seance --json" },
  );
}

/** The runtime that can go on with the conversation; undefined when it is not known any more. */
export function runtimeOf(access: TownAccess, conversation: Conversation): Runtime | undefined {
  const { agent, rig } = conversation;
  if (agent === "") return undefined;
  try {
    return findRuntime(access.town, access.town.findRig(rig) === undefined ? "" : rig, agent);
  } catch (error) {
    if (error instanceof GtError && error.code === "E_AGENT_UNKNOWN") return undefined;
    throw error;
  }
}
