import { expect, test } from "vitest";
import { decideBoot } from "../../../src/agents/patrols/decide-boot.ts";
import { decideRole, freshRole, type RoleView } from "../../../src/agents/patrols/decide-role.ts";
import type { SessionRecord } from "../../../src/agents/sessions/session-host.ts";

const second = 1000;
const minute = 60 * second;
const start = 1_000_000_000_000;
const limits = {
  ...{ staleMs: 5 * minute, veryStaleMs: 20 * minute, graceMs: 5 * minute, missingMs: 9 * minute },
  ...{ timeoutMs: 30 * second, failures: 3, cooldownMs: 5 * minute, weakCreditMs: 30 * minute },
};
const session = (more: Partial<SessionRecord> = {}) =>
  ({ phase: "idle", phaseSince: start, startedAt: start, viewers: 0, ...more }) as SessionRecord;
const ended = (more: Partial<SessionRecord> = {}) =>
  session({ phase: "exited", endedAt: start + minute, exitReason: "crashed", ...more });
const role = (more: Partial<RoleView> = {}): RoleView => ({
  address: "deacon/",
  kind: "patrol",
  session: session(),
  memory: freshRole,
  signalAt: start,
  isQueued: false,
  isNeeded: true,
  sleeps: [],
  ...more,
});
/** One that has been there for long. */
const old = session({ startedAt: start - 60 * minute, phaseSince: start - 60 * minute });
const decide = (view: RoleView, at: number) => decideRole(view, at, limits);
const { session: _, ...never } = role();

test("a patrol role that is to have a session gets one, and again at once when it ends", () => {
  expect(decide(never, start)).toMatchObject({ kind: "start" });
  expect(decide(role({ session: ended() }), start + minute)).toMatchObject({ kind: "start" });
});

test("restarts are spaced, and the sixth within a quarter of an hour is not made but reported, once", () => {
  const restarted = (count: number) => ({
    series: { restartedAt: Array.from({ length: count }, (_, k) => start + k * second) },
  });
  const view = role({ session: ended(), memory: restarted(1) });
  expect(decide(view, start + minute)).toEqual({ kind: "wait", until: start + minute + 30 * second });
  expect(decide(role({ session: ended(), memory: restarted(5) }), start + minute)).toEqual({
    kind: "give-up",
    count: 5,
  });
  const given = { series: { restartedAt: [], crashLoopSince: start }, isGivenUp: true };
  expect(decide(role({ session: ended(), memory: given }), start + 99 * minute)).toBeUndefined();
});

test("the mayor comes back after three heartbeats, but not when a person stopped it or never started it", () => {
  const mayor = { ...role({ session: ended() }), kind: "mayor" } as const;
  expect(decide(mayor, start + minute)).toEqual({ kind: "wait", until: start + 10 * minute });
  expect(decide(mayor, start + 10 * minute)).toMatchObject({ kind: "start" });
  const stopped = { ...mayor, session: ended({ expected: true, exitReason: "stopped" }) };
  expect(decide(stopped, start + 99 * minute)).toBeUndefined();
  expect(decide({ ...never, kind: "mayor" }, start)).toBeUndefined();
  const ours = { ...mayor, session: ended({ expected: true, exitReason: "killed" }) };
  expect(decide(ours, start + minute), "its restart went wrong half-way").toMatchObject({ kind: "start" });
  const lost = { ...mayor, session: ended({ exitReason: "host-lost" }) };
  expect(decide(lost, start + minute), "with the host it died by no fault of its own").toMatchObject({
    kind: "start",
  });
});

/** Looks again and again as the daemon does, until somebody is restarted; what was done, and after how long. */
function live(view: RoleView, answersAt = Number.POSITIVE_INFINITY): readonly string[] {
  const told: string[] = [];
  let now = start;
  let seen = view;
  for (let looks = 0; looks < 60 && now <= start + 60 * minute; looks++) {
    if (now >= answersAt) seen = { ...seen, signalAt: answersAt };
    const action = decide(seen, now);
    if (action !== undefined && action.kind !== "wait") told.push(`${action.kind} ${(now - start) / second}`);
    if (action?.kind === "restart") break;
    if (action?.kind === "ask") {
      const { failures, silentSince } = action;
      // Its terminal shows the question, which is no sign of life.
      const echoed = session({ ...seen.session, lastOutputAt: now });
      seen = { ...seen, session: echoed, life: { askedAt: now, failures, silentSince } };
    } else if (action?.kind === "pardon") seen = { ...seen, life: { askedAt: now, failures: 0 } };
    const againMs = action?.kind === "ask" ? limits.timeoutMs : Number.POSITIVE_INFINITY;
    const dueAt = action?.kind === "wait" ? action.until : now + againMs;
    now = Math.min(dueAt, now + 3 * minute, answersAt > now ? answersAt : Number.POSITIVE_INFINITY);
  }
  return told;
}

test("whom somebody waits for is asked after five minutes, and the third silence ends it (spec/04 §10.1)", () => {
  const silent = ["ask 300", "ask 600", "ask 900", "restart 930"];
  expect(live(role())).toEqual(silent);
  expect(live(role({ kind: "mayor" }))).toEqual(silent);
  expect(live(role({ isNeeded: false })), "a town at rest costs nothing").toEqual([]);
});

test("a sign of life before the third silence pardons, and the count begins anew", () => {
  expect(live(role(), start + 915 * second)).toEqual([
    ...["ask 300", "ask 600", "ask 900", "pardon 915"],
    ...["ask 1215", "ask 1515", "ask 1815", "restart 1845"],
  ]);
});

test("each threshold of a question holds to the millisecond", () => {
  const asked = (failures: number, more: Partial<RoleView> = {}) =>
    role({ life: { askedAt: start + 5 * minute, failures, silentSince: start }, ...more });
  const at = (view: RoleView, laterMs: number) => decide(view, start + laterMs);
  expect(at(role(), 5 * minute - 1)).toMatchObject({ kind: "wait", until: start + 5 * minute });
  expect(at(role(), 5 * minute)).toMatchObject({ kind: "ask", failures: 1, silentSince: start });
  expect(at(asked(3), 5.5 * minute - 1)).toEqual({ kind: "wait", until: start + 5.5 * minute });
  expect(at(asked(3), 5.5 * minute)).toMatchObject({ kind: "restart" });
  expect(at(asked(2), 10 * minute - 1)).toEqual({ kind: "wait", until: start + 10 * minute });
  expect(at(asked(2), 10 * minute)).toMatchObject({ kind: "ask", failures: 3 });
  expect(at(asked(1), 20 * minute), "one that patrols gets twenty minutes").toMatchObject({
    kind: "restart",
  });
  expect(at(asked(1, { kind: "mayor" }), 20 * minute)).toMatchObject({ kind: "ask", failures: 2 });
  expect(at(asked(1, { signalAt: start + 5 * minute + 1 }), 20 * minute)).toEqual({ kind: "pardon" });
  const anew = session({ startedAt: start + 6 * minute, phaseSince: start + 6 * minute });
  expect(at(asked(3, { session: anew }), 20 * minute), "another session").toEqual({ kind: "pardon" });
  // Nobody could ask it before: it is asked first, however long it has rested.
  expect(at(role(), 120 * minute)).toMatchObject({ kind: "ask", silentSince: start + 115 * minute });
});

test("a turn may take twenty minutes, output puts a question off by half an hour, a slept hour does not count", () => {
  const working = session({ phase: "working" });
  expect(live(role({ session: working }))).toEqual(["ask 1200", "restart 1230"]);
  expect(live(role({ session: working, kind: "mayor" }))).toEqual([
    ...["ask 1200", "ask 1500", "ask 1800", "restart 1830"],
  ]);
  const busy = role({ session: session({ lastOutputAt: start + 99 * minute }) });
  expect(decide(busy, start + 35 * minute - 1)).toMatchObject({ kind: "wait" });
  expect(decide(busy, start + 35 * minute)).toMatchObject({ kind: "ask" });
  const back = role({ session: session({ phaseSince: start + 40 * minute }) });
  expect(decide(back, start + 44 * minute), "its limit is over").toMatchObject({ kind: "wait" });

  const sleeps = [{ from: start + minute, to: start + 61 * minute }];
  expect(decide(role({ sleeps }), start + 65 * minute - 1)).toMatchObject({ kind: "wait" });
  expect(decide(role({ sleeps }), start + 65 * minute)).toMatchObject({ kind: "ask" });
  const asleep = role({ sleeps, life: { askedAt: start + minute, failures: 3, silentSince: start } });
  expect(decide(asleep, start + 61.5 * minute - 1), "nobody can answer asleep").toMatchObject({
    kind: "wait",
  });
});

test("a question that an idle Mayor cannot take, as a person has begun to write there, is no silence", () => {
  const life = { askedAt: start, failures: 3, silentSince: start - 10 * minute };
  const held = role({ kind: "mayor", life, isQueued: true, session: old });
  expect(decide(held, start + minute)).toEqual({ kind: "wait", until: start + 5 * minute });
  expect(decide(held, start + 5 * minute)).toMatchObject({ kind: "ask", failures: 3 });
  expect(decide({ ...held, kind: "patrol" }, start + 5 * minute), "nobody writes there").toMatchObject({
    kind: "restart",
  });
  const hung = { ...held, session: session({ ...old, phase: "working" }) };
  expect(decide(hung, start + 10 * minute), "one in the middle of a turn hangs").toMatchObject({
    kind: "restart",
  });
});

test("restarts of the silent are spaced, too, and a loop of them is reported once", () => {
  const life = { askedAt: start, failures: 3, silentSince: start - 20 * minute };
  const now = start + minute;
  const after = (...ages: readonly number[]) =>
    decide(
      role({ life, session: old, memory: { series: { restartedAt: ages.map((age) => now - age) } } }),
      now,
    );
  expect(after(20 * second)).toMatchObject({ kind: "wait" });
  expect(after(31 * second)).toMatchObject({ kind: "restart" });
  expect(after(...[5, 4, 3, 2, 1].map((age) => age * minute))).toEqual({ kind: "give-up", count: 5 });
  const given = { series: { restartedAt: [], crashLoopSince: start }, isGivenUp: true };
  expect(decide(role({ life, session: old, memory: given }), now)).toBeUndefined();
});

test("nobody is disturbed who is not needed, is watched, is limited, waits for a person, or has just started", () => {
  const late = start + 60 * minute;
  const life = { askedAt: start, failures: 3, silentSince: start - 20 * minute };
  for (const kind of ["patrol", "mayor"] as const) {
    const quiet = (more: Partial<RoleView>) => decide(role({ kind, life, ...more }), late);
    expect(quiet({}), "what would happen else").toMatchObject({ kind: "restart" });
    expect(quiet({ isNeeded: false })).toBeUndefined();
    expect(quiet({ session: session({ viewers: 1 }) })).toBeUndefined();
    for (const phase of ["limited", "waiting", "dialog"] as const)
      expect(quiet({ session: session({ phase }) })).toBeUndefined();
    const young = session({ startedAt: late - 5 * minute + 1 });
    expect(decide(role({ kind, session: young, signalAt: 0 }), late)).toEqual({
      kind: "wait",
      until: late + 1,
    });
  }
});

test("boot: no deacon is started, an old heartbeat wakes it, one of five minutes only if there is work", () => {
  const beat = { isThere: true, heartbeatAt: start, isNeeded: true };
  const boot = (view: typeof beat, at: number) => decideBoot(view, at, limits);
  expect(boot({ ...beat, isThere: false }, start)).toBe("start");
  expect(boot(beat, start + 5 * minute - 1)).toBe("nothing");
  expect(boot(beat, start + 5 * minute)).toBe("nudge");
  expect(boot({ ...beat, isNeeded: false }, start + 20 * minute - 1)).toBe("nothing");
  expect(boot({ ...beat, isNeeded: false }, start + 20 * minute)).toBe("wake");
});
