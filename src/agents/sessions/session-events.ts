import { formatTime } from "../../core/clock.ts";
import type { TownEvent } from "../../core/events/event.ts";
import { exitCodeOf } from "./exit-code.ts";
import type { SessionRecord } from "./session-host.ts";

/**
 * What the event log says about the end of a session (spec/03 §12): `session_end` for one that somebody asked for or
 * that went well, `session_death` for any other. `tail` are the last lines of its screen.
 */
export function endEvent(record: SessionRecord, tail: readonly string[]): TownEvent {
  const isEnd = record.expected === true || (record.exitReason === "done" && record.exitCode === 0);
  return isEnd ? endOf(record) : deathOf(record, tail);
}

/** The session waits for the end of a rate limit. */
export function limitEvent(record: SessionRecord): TownEvent {
  const { session, rig, runId, limitedUntil, agent, phaseSince } = record;
  return {
    ts: formatTime(phaseSince),
    source: "host",
    type: "session_limited",
    actor: record.actor.replace(/\/$/, ""),
    payload: {
      session,
      ...(rig === "" ? {} : { rig }),
      until: formatTime(limitedUntil ?? phaseSince),
      provider: agent,
    },
    visibility: "feed",
    id: `${runId}:limited:${phaseSince}`,
  };
}

/** The agent can take input for the first time. */
export function readyEvent(record: SessionRecord, readyAt: number): TownEvent {
  const { session, rig, runId, startedAt } = record;
  return {
    ts: formatTime(readyAt),
    source: "host",
    type: "session_ready",
    actor: record.actor.replace(/\/$/, ""),
    payload: { session, ...(rig === "" ? {} : { rig }), ms: readyAt - startedAt },
    visibility: "audit",
    id: `${runId}:ready`,
  };
}

/** The agent asks a person something. */
export function waitingEvent(record: SessionRecord): TownEvent {
  const { session, rig, runId, waitingFor = "", phaseSince } = record;
  return {
    ts: formatTime(phaseSince),
    source: "host",
    type: "session_waiting",
    actor: record.actor.replace(/\/$/, ""),
    payload: { session, ...(rig === "" ? {} : { rig }), excerpt: waitingFor },
    visibility: "feed",
    id: `${runId}:waiting:${phaseSince}`,
  };
}

function endOf(record: SessionRecord): TownEvent {
  return {
    ...headOf(record),
    type: "session_end",
    payload: {
      ...identityOf(record),
      ...exitOf(record),
      reason: record.exitWhy ?? record.exitReason ?? "stopped",
    },
    visibility: "feed",
  };
}

function deathOf(record: SessionRecord, tail: readonly string[]): TownEvent {
  const endedAt = record.endedAt ?? record.startedAt;
  return {
    ...headOf(record),
    type: "session_death",
    payload: {
      ...identityOf(record),
      agent: record.actor,
      reason: record.exitReason ?? "crashed",
      caller: "host",
      ...exitOf(record),
      duration_s: Math.round((endedAt - record.startedAt) / 1000),
      ...(tail.length === 0 ? {} : { tail: tail.join("\n").slice(-2048) }),
    },
    visibility: "feed",
  };
}

function headOf(record: SessionRecord): Pick<TownEvent, "ts" | "source" | "actor" | "id"> {
  return {
    ts: formatTime(record.endedAt ?? record.startedAt),
    source: "host",
    actor: record.actor.replace(/\/$/, ""),
    // A host that follows a dead one tells the same end only once.
    id: `${record.runId}:end`,
  };
}

function identityOf(record: SessionRecord): Record<string, unknown> {
  const { session, rig, runId } = record;
  return {
    session,
    ...(rig === "" ? {} : { rig }),
    ...(record.bead === undefined ? {} : { bead: record.bead }),
    run_id: runId,
  };
}

/** Hookless agents do not tell that they have started; this does it for them. */
export function startEvent(record: SessionRecord, conversation: string) {
  return {
    op: "event",
    event: {
      type: "session_start",
      payload: {
        session_id: conversation,
        ...{ session: record.session, role: record.role, agent: record.agent, cwd: record.cwd },
        ...(record.rig === "" ? {} : { rig: record.rig }),
        actor_pid: record.pid,
        topic: record.topic ?? "",
        source: "startup",
        run_id: record.runId,
      },
      visibility: "feed",
    },
  } as const;
}

function exitOf(record: SessionRecord): Record<string, unknown> {
  const code = exitCodeOf(record);
  return code === undefined ? {} : { exit_code: code };
}
