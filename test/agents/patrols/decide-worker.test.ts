import { expect, test } from "vitest";
import { decideWorker } from "../../../src/agents/patrols/decide-worker.ts";
import { witnessLimits, witnessLimitsOf } from "../../../src/agents/patrols/witness-limits.ts";
import { noMemory, type WorkerMemory, type WorkerView } from "../../../src/agents/patrols/worker-view.ts";
import type { SessionRecord } from "../../../src/agents/sessions/session-host.ts";
import { assess } from "../../../src/core/health/assess.ts";
import type { Agent, Bead } from "../../../src/core/ledger/bead.ts";

const second = 1000;
const minute = 60 * second;
const start = 1_000_000_000_000;

interface Scene {
  readonly agent?: Partial<Agent>;
  readonly bead?: Partial<Bead> | null;
  readonly session?: Partial<SessionRecord> | null;
  readonly memory?: Partial<WorkerMemory>;
  readonly view?: Partial<WorkerView>;
}

/** A polecat that began to work at `start`, as it looks at `now`. */
function view(now: number, scene: Scene = {}): WorkerView {
  const agent = {
    address: "web/polecats/nux",
    role: "polecat",
    rig: "web",
    name: "nux",
    state: "working",
    hookBead: "web-a1",
    hookState: "active",
    hookSeq: 1,
    exitType: "",
    branch: "polecat/nux/web-a1@x",
    ...scene.agent,
  } as Agent;
  const bead = {
    id: "web-a1",
    title: "Fix login",
    status: "in_progress",
    assignee: "web/polecats/nux",
    metadata: { attachment: { attached_at: new Date(start).toISOString() } },
    ...scene.bead,
  } as unknown as Bead;
  const session = {
    session: "web-nux",
    agent: "claude",
    phase: "working",
    phaseSince: start,
    startedAt: start,
    ...scene.session,
  } as SessionRecord;
  const isDead = scene.session === null || session.phase === "exited";
  const health = assess({
    now,
    state: agent.state,
    hookState: agent.hookState,
    isHooked: scene.bead !== null,
    isRalph: false,
    session: isDead ? "dead" : "alive",
    sessionStartedAt: start,
  });
  return {
    agent,
    ...(scene.bead === null ? {} : { bead }),
    ...(scene.session === null ? {} : { session }),
    isHostKnown: true,
    isOperating: false,
    hasWorktree: true,
    hasPlace: true,
    isRuntimeGone: false,
    isExiting: false,
    isUnsubmitted: false,
    hasLanded: false,
    health,
    strongAt: start,
    memory: { ...noMemory(1), ...scene.memory },
    ...scene.view,
  };
}

const died = (at: number, more: Partial<SessionRecord> = {}): Partial<SessionRecord> => ({
  phase: "exited",
  endedAt: at,
  exitReason: "crashed",
  exitCode: 0,
  ...more,
});

test("W1: a session that ended although nobody asked for it is restarted at once, exit code 0 or not", () => {
  const now = start + minute;
  expect(decideWorker(view(now, { session: died(now) }), now)).toEqual({
    kind: "restart",
    detection: "W1",
    reason: "exited with 0 without gt done",
  });
  expect(decideWorker(view(now, { session: died(now, { exitSignal: 9 }) }), now)).toMatchObject({
    kind: "restart",
    reason: "killed by signal 9",
  });
});

test("W1: the second restart waits 30 seconds, and the fourth death within 15 minutes is the end", () => {
  const now = start + minute;
  const memory = (count: number) => ({
    restarts: { restartedAt: Array.from({ length: count }, (_, k) => start + k * second) },
  });
  expect(decideWorker(view(now, { session: died(now), memory: memory(1) }), now)).toEqual({
    kind: "wait",
    detection: "W1",
    until: now + 30 * second,
  });
  expect(decideWorker(view(now, { session: died(now), memory: memory(3) }), now)).toMatchObject({
    kind: "stuck",
    detection: "W20",
    reason: "died 4 times in a row",
  });
});

test("a session that a person stopped stays stopped", () => {
  const now = start + minute;
  const session = died(now, { expected: true, exitReason: "stopped" });
  expect(decideWorker(view(now, { session }), now)).toBeUndefined();
});

test("work that was suspended with its rig is started when the rig is taken back", () => {
  const now = start + minute;
  const session = died(now, { expected: true, exitReason: "stopped" });
  expect(decideWorker(view(now, { session, agent: { state: "spawning" } }), now)).toMatchObject({
    kind: "restart",
  });
});

test("an agent whose hook is suspended, that is stuck, or that waits for its merge is left alone", () => {
  const now = start + minute;
  const session = died(now);
  for (const scene of [
    { agent: { hookState: "suspended", state: "paused" } },
    { agent: { hookState: "suspended", state: "stuck" } },
    { bead: { metadata: { awaiting_merge: "web-mr-1" } } },
    { bead: null, agent: { state: "idle", hookState: "completed", hookBead: "" } },
  ] as const) {
    expect(decideWorker(view(now, { session, ...scene }), now)).toBeUndefined();
  }
});

test("nothing is done to an agent that a command is changing, or while the host does not answer", () => {
  const now = start + 99 * minute;
  const session = died(now);
  expect(decideWorker(view(now, { session, view: { isOperating: true } }), now)).toBeUndefined();
  expect(decideWorker(view(now, { session, view: { isHostKnown: false } }), now)).toBeUndefined();
});

test("a hooked bead that nobody started is started after ten seconds", () => {
  expect(decideWorker(view(start + 9 * second, { session: null }), start + 9 * second)).toEqual({
    kind: "wait",
    detection: "W1",
    until: start + 10 * second,
  });
  const now = start + 10 * second;
  expect(decideWorker(view(now, { session: null }), now)).toMatchObject({
    kind: "restart",
    reason: "no session",
  });
  // The end of the session before this assignment is no death of this one.
  const before = died(start - minute, { startedAt: start - 9 * minute, expected: true, exitReason: "done" });
  expect(decideWorker(view(now, { session: before }), now)).toMatchObject({
    kind: "restart",
    reason: "no session",
  });
});

test("W1: one that is still being started has five minutes for it", () => {
  const scene = { session: null, agent: { state: "spawning" } } as const;
  const due = start + 5 * minute;
  expect(decideWorker(view(due - 1, scene), due - 1)).toEqual({ kind: "wait", detection: "W1", until: due });
  expect(decideWorker(view(due, scene), due)).toMatchObject({ kind: "restart", detection: "W1" });
});

test("losing the host is no crash; a script is begun anew once", () => {
  const now = start + minute;
  const lost = (agent: string) => died(now, { agent, exitReason: "host-lost", expected: false });
  const loop = { restarts: { restartedAt: [start, start + 1, start + 2] } };
  expect(
    decideWorker(view(now, { session: lost("claude"), memory: { ...loop, losses: 7 } }), now),
  ).toMatchObject({
    kind: "restart",
    hostLost: true,
  });
  expect(decideWorker(view(now, { session: lost("shell") }), now)).toMatchObject({
    kind: "restart",
    hostLost: true,
  });
  expect(decideWorker(view(now, { session: lost("shell"), memory: { losses: 1 } }), now)).toMatchObject({
    kind: "stuck",
  });
});

test("a start that fails after the host was lost is tried again: nothing was lost twice", () => {
  const now = start + minute;
  const session = died(now, { agent: "shell", exitReason: "host-lost", expected: false, runId: "first" });
  const answered = { losses: 1, lostRun: "first" };
  expect(decideWorker(view(now, { session, memory: answered }), now)).toMatchObject({
    kind: "restart",
    reason: "did not start again",
  });
  const second = { ...session, runId: "second" };
  expect(decideWorker(view(now, { session: second, memory: answered }), now)).toMatchObject({
    kind: "stuck",
  });
});

test("W3: the session of an idle agent is ended a minute after its work", () => {
  const scene = {
    bead: null,
    agent: { state: "idle", hookState: "completed", hookBead: "", completionTime: start },
  } as const;
  expect(decideWorker(view(start + 59 * second, scene), start + 59 * second)).toMatchObject({ kind: "wait" });
  expect(decideWorker(view(start + minute, scene), start + minute)).toMatchObject({
    kind: "end-session",
    reason: "done-not-exited",
  });
});

test("W3, D9: where sessions are kept after the work, only a quiet one that nobody watches is ended, later", () => {
  const keeps = { ...witnessLimits, keepsSessions: true, endGraceMs: 15 * minute };
  const idle = { bead: null, agent: { state: "idle", hookBead: "", completionTime: start } } as const;
  const at = (ms: number, session: Partial<SessionRecord> = { phase: "idle" }) =>
    decideWorker(view(start + ms, { ...idle, session }), start + ms, keeps)?.kind;
  expect([at(15 * minute - 1), at(15 * minute)]).toEqual(["wait", "end-session"]);
  expect(at(99 * minute, { phase: "working" })).toBeUndefined();
  expect(at(99 * minute, { phase: "idle", viewers: 1 })).toBeUndefined();
});

test("W5: an agent whose bead was closed is told, and freed five minutes later", () => {
  const closed = { bead: { status: "closed" } };
  expect(decideWorker(view(start, closed), start)).toMatchObject({ kind: "nudge", detection: "W5" });
  const told = { ...closed, memory: { acted: { W5: { count: 1, at: start } } } };
  expect(decideWorker(view(start + 4 * minute, told), start + 4 * minute)).toMatchObject({ kind: "wait" });
  expect(decideWorker(view(start + 5 * minute, told), start + 5 * minute)).toMatchObject({ kind: "release" });
  const dead = { ...closed, session: died(start) };
  expect(decideWorker(view(start, dead), start)).toMatchObject({ kind: "release", detection: "W5" });
});

test("W7: an agent at its prompt with work on its hook is reminded every five minutes, three times", () => {
  const idle = { session: { phase: "idle", phaseSince: start }, view: { strongAt: start + 1 } } as const;
  expect(decideWorker(view(start + 5 * minute - 1, idle), start + 5 * minute - 1)).toBeUndefined();
  expect(decideWorker(view(start + 5 * minute + 1, idle), start + 5 * minute + 1)).toMatchObject({
    kind: "nudge",
    detection: "W7",
  });
  const once = { ...idle, memory: { acted: { W7: { count: 1, at: start + minute } } } };
  expect(decideWorker(view(start + 6 * minute - 1, once), start + 6 * minute - 1)).toBeUndefined();
  expect(decideWorker(view(start + 6 * minute, once), start + 6 * minute)).toMatchObject({ detection: "W7" });
  const thrice = { ...idle, memory: { acted: { W7: { count: 3, at: start } } } };
  expect(decideWorker(view(start + 14 * minute, thrice), start + 14 * minute)).toBeUndefined();
});

test("W8: a stalled agent is nudged twice, ten minutes apart", () => {
  const now = start + 15 * minute;
  expect(decideWorker(view(now - 1), now - 1)).toBeUndefined();
  expect(decideWorker(view(now), now)).toMatchObject({ kind: "nudge", detection: "W8", minutes: 15 });
  const once = { memory: { acted: { W8: { count: 1, at: now } } } };
  expect(decideWorker(view(now + minute, once), now + minute)).toEqual({
    kind: "wait",
    detection: "W8",
    until: now + 10 * minute,
  });
  const later = now + 10 * minute;
  expect(decideWorker(view(later, once), later)).toMatchObject({
    kind: "nudge",
    detection: "W8",
    minutes: 25,
  });
  const twice = { memory: { acted: { W8: { count: 2, at: now } } } };
  expect(decideWorker(view(now + 12 * minute, twice), now + 12 * minute)).toBeUndefined();
});

test("W9: after thirty minutes an agent is pinged, restarted two minutes later, and given up the second time", () => {
  const now = start + 30 * minute;
  expect(decideWorker(view(now), now)).toMatchObject({ kind: "nudge", detection: "W9" });
  const pinged = { memory: { acted: { W9: { count: 1, at: now } } } };
  expect(decideWorker(view(now + minute, pinged), now + minute)).toMatchObject({ kind: "wait" });
  expect(decideWorker(view(now + 2 * minute, pinged), now + 2 * minute)).toMatchObject({
    kind: "restart",
    detection: "W9",
  });
  const again = { memory: { acted: { W9: { count: 2, at: now } } } };
  expect(decideWorker(view(now + 2 * minute, again), now + 2 * minute)).toMatchObject({
    kind: "stuck",
    detection: "W9",
  });
});

test("an agent that was started by hand is told that it does not get on, and never started, ended or given up", () => {
  const byHand = { ...witnessLimits, isByHand: true };
  const at = (minutes: number, acted: WorkerMemory["acted"] = {}) => {
    const now = start + minutes * minute;
    const { session: _, ...seen } = view(now, { memory: { acted } });
    return decideWorker(seen, now, byHand);
  };
  expect(at(14)).toBeUndefined();
  expect(at(15)).toMatchObject({ kind: "nudge", detection: "W8" });
  expect(at(30)).toMatchObject({ kind: "nudge", detection: "W9" });
  const pinged = { W9: { count: 2, at: start + 30 * minute } };
  expect(at(45, pinged)).toBeUndefined();
  expect(at(60, pinged)).toMatchObject({ kind: "nudge", detection: "W9" });
});

test("an agent at a limit or before a question is neither nudged nor restarted, however long it takes", () => {
  const now = start + 300 * minute;
  for (const phase of ["limited", "waiting", "dialog"] as const)
    expect(decideWorker(view(now, { session: { phase } }), now)).toBeUndefined();
});

test("W14: a hook whose bead is somebody else's is cleared", () => {
  expect(decideWorker(view(start, { bead: { assignee: "web/polecats/slit" } }), start)).toEqual({
    kind: "clear-hook",
    detection: "W14",
    reason: "web-a1 is held by web/polecats/slit",
  });
});

test("a running script is never nudged", () => {
  const now = start + 300 * minute;
  expect(decideWorker(view(now, { session: { agent: "shell" } }), now)).toBeUndefined();
});

test("W1: work that is on its target needs no new session; its bead is closed", () => {
  const scene = { session: died(start), view: { hasLanded: true } };
  expect(decideWorker(view(start, scene), start)).toMatchObject({ kind: "close-landed", detection: "W1" });
});

test("W2: a terminal whose process is gone is ended; what is left is a dead session", () => {
  expect(decideWorker(view(start, { view: { isRuntimeGone: true } }), start)).toEqual({
    kind: "end-session",
    detection: "W2",
    reason: "its process is gone",
  });
  const ended = died(start, { expected: true, exitReason: "killed" });
  expect(decideWorker(view(start, { session: ended }), start)).toMatchObject({ kind: "restart" });
});

test("W6: a session that does not begin is prodded three times 30 seconds apart, then started anew", () => {
  const begins = { session: { phase: "starting", lastOutputAt: start + 20 * second } } as const;
  expect(decideWorker(view(start + 89 * second, begins), start + 89 * second)).toBeUndefined();
  const now = start + 90 * second;
  expect(decideWorker(view(now, begins), now)).toEqual({
    kind: "prod",
    detection: "W6",
    keys: "\r",
    minutes: 1,
  });
  expect(decideWorker(view(now, { session: { phase: "idle" } }), now)).toMatchObject({
    kind: "prod",
    keys: "",
  });

  const acted = (count: number) => ({ ...begins, memory: { acted: { W6: { count, at: now } } } });
  expect(decideWorker(view(now + second, acted(1)), now + second)).toEqual({
    kind: "wait",
    detection: "W6",
    until: now + 30 * second,
  });
  expect(decideWorker(view(now + 30 * second, acted(2)), now + 30 * second)).toMatchObject({ kind: "prod" });
  expect(decideWorker(view(now + 30 * second, acted(3)), now + 30 * second)).toMatchObject({
    kind: "restart",
    detection: "W6",
  });
  // The tries of the session before this one do not count.
  const old = { ...begins, memory: { acted: { W6: { count: 3, at: start - second } } } };
  expect(decideWorker(view(now, old), now)).toMatchObject({ kind: "prod" });
});

test("W6: output within the last minute, or anything achieved, is a beginning", () => {
  const now = start + 3 * minute;
  const talks = { session: { phase: "starting", lastOutputAt: now - 59 * second } } as const;
  expect(decideWorker(view(now, talks), now)).toBeUndefined();
  const began = { session: { phase: "idle" }, view: { strongAt: start + second } } as const;
  expect(decideWorker(view(now, began), now)).toBeUndefined();
});

test("an agent that says that it is about to end is believed", () => {
  const now = start + 40 * minute;
  expect(decideWorker(view(now), now)).toMatchObject({ detection: "W9" });
  expect(decideWorker(view(now, { view: { isExiting: true } }), now)).toBeUndefined();
});

test("W11: an idle sandbox is looked through once, and again when it looks different", () => {
  const idle = {
    bead: null,
    session: null,
    agent: { state: "idle", hookState: "completed", hookBead: "" },
    view: { leftoverMark: "1 2 3" },
  } as const;
  expect(decideWorker(view(start, idle), start)).toEqual({ kind: "tidy", detection: "W11", mark: "1 2 3" });
  expect(decideWorker(view(start, { ...idle, memory: { tidied: "1 2 3" } }), start)).toBeUndefined();
  expect(decideWorker(view(start, { ...idle, memory: { tidied: "1 2 2" } }), start)).toMatchObject({
    kind: "tidy",
  });
});

test("W15: a deleted worktree is made anew twice in an assignment, under a living agent as under a dead one", () => {
  const gone = { hasWorktree: false };
  const twice = { acted: { W15: { count: 2, at: start } } };
  for (const session of [{}, died(start)]) {
    expect(decideWorker(view(start, { session, view: gone }), start)).toMatchObject({
      kind: "restart",
      detection: "W15",
    });
    expect(decideWorker(view(start, { session, view: gone, memory: twice }), start)).toMatchObject({
      kind: "stuck",
      detection: "W15",
    });
  }
});

test("W12: of whom neither place nor session is left, the bead is given back; a living session is W15's", () => {
  const gone = { hasWorktree: false, hasPlace: false };
  expect(decideWorker(view(start, { session: died(start), view: gone }), start)).toMatchObject({
    kind: "abandon",
    detection: "W12",
  });
  expect(decideWorker(view(start, { view: gone }), start)).toMatchObject({ detection: "W15" });
  const landed = { ...gone, hasLanded: true };
  expect(decideWorker(view(start, { session: died(start), view: landed }), start)).toMatchObject({
    kind: "close-landed",
  });
});

test("W17: an agent whose gt done was recorded but not ended is set free; an escalated one that goes on is not", () => {
  for (const state of ["working", "done"] as const)
    expect(
      decideWorker(
        view(start, { agent: { state, exitType: "COMPLETED", completionTime: start + 1 } }),
        start,
      ),
    ).toMatchObject({ kind: "set-free", detection: "W17" });
  const resumed = { agent: { exitType: "ESCALATED", completionTime: start + 1 } };
  expect(decideWorker(view(start, resumed), start)).toBeUndefined();
  // What the assignment before this one left behind says nothing.
  const before = { agent: { exitType: "COMPLETED", completionTime: start - 1 } };
  expect(decideWorker(view(start, before), start)).toBeUndefined();
});

test("W18: a failed push is tried again five times five minutes apart, then a person is asked, once", () => {
  const failed = (acted: WorkerMemory["acted"] = {}) => ({ agent: { pushFailed: true }, memory: { acted } });
  expect(decideWorker(view(start, failed()), start)).toMatchObject({ kind: "hand-in", detection: "W18" });
  const unsubmitted = { agent: { mrFailed: true } };
  expect(decideWorker(view(start, unsubmitted), start)).toMatchObject({
    ...{ kind: "hand-in", reason: "the submission failed" },
  });
  const once = failed({ W18: { count: 1, at: start } });
  expect(decideWorker(view(start + minute, once), start + minute)).toEqual({
    kind: "wait",
    detection: "W18",
    until: start + 5 * minute,
  });
  const now = start + 5 * minute;
  expect(decideWorker(view(now, failed({ W18: { count: 4, at: start } })), now)).toMatchObject({
    kind: "hand-in",
  });
  expect(decideWorker(view(now, failed({ W18: { count: 5, at: start } })), now)).toMatchObject({
    kind: "ask",
    detection: "W18",
  });
  const asked = failed({ W18: { count: 5, at: start }, ask: { count: 1, at: start } });
  expect(decideWorker(view(now, asked), now)).toBeUndefined();
});

test("W23: who closed the bead without handing in is told; ten minutes later, or when dead, it is done for him", () => {
  const closed = { bead: { status: "closed" }, view: { isUnsubmitted: true } } as const;
  expect(decideWorker(view(start, closed), start)).toMatchObject({ kind: "nudge", detection: "W23" });
  const told = { ...closed, memory: { acted: { W23: { count: 1, at: start } } } };
  const late = start + 10 * minute;
  expect(decideWorker(view(late - 1, told), late - 1)).toMatchObject({ kind: "wait", until: late });
  expect(decideWorker(view(late, told), late)).toMatchObject({ kind: "hand-in", detection: "W23" });
  expect(decideWorker(view(start, { ...closed, session: died(start) }), start)).toMatchObject({
    kind: "hand-in",
    detection: "W23",
  });
  // Tried and still not handed in: once only, then somebody has to look.
  const tried = { ...closed, memory: { acted: { "W23-hand-in": { count: 1, at: start } } } };
  expect(decideWorker(view(late, tried), late)).toMatchObject({ kind: "ask", detection: "W23" });
});

test("the limits are those of the chapter, and the town's own where it has set them", () => {
  expect(witnessLimitsOf({ default_agent: "claude" })).toEqual(witnessLimits);
  expect(witnessLimits.restarts).toMatchObject({ maxRestarts: 3, windowMs: 15 * minute });
  const own = {
    default_agent: "claude",
    operational: { witness: { max_session_restarts: 1, startup_stall: "5m" } },
  };
  expect(witnessLimitsOf(own)).toMatchObject({
    restarts: { maxRestarts: 1 },
    startupStallMs: 5 * minute,
    startupQuietMs: minute,
  });
});
