import fc from "fast-check";
import { expect, test } from "vitest";
import { assess, byUrgency, type HealthSignals } from "../../../src/core/health/assess.ts";
import { sleptSince } from "../../../src/core/health/machine-sleep.ts";
import { progressAt } from "../../../src/core/health/progress.ts";

const minute = 60_000;
const start = 1_000_000_000_000;

function signals(overrides: Partial<HealthSignals> = {}): HealthSignals {
  return {
    now: start,
    state: "working",
    hookState: "active",
    isHooked: true,
    isRalph: false,
    session: "alive",
    hookedAt: start,
    sessionStartedAt: start,
    ...overrides,
  };
}

const at = (minutes: number, overrides: Partial<HealthSignals> = {}) =>
  assess(signals({ now: start + minutes * minute, ...overrides })).state;

test("an agent without progress is stalled at 15 minutes and violates GUPP at 30", () => {
  expect(assess(signals({ now: start + 15 * minute - 1000 })).state).toBe("working");
  expect(at(15)).toBe("stalled");
  expect(at(29)).toBe("stalled");
  expect(at(30)).toBe("gupp");
});

test("a ralph loop has two and four hours", () => {
  expect(at(119, { isRalph: true })).toBe("working");
  expect(at(120, { isRalph: true })).toBe("stalled");
  expect(at(240, { isRalph: true })).toBe("gupp");
});

test("output alone postpones a stall by thirty minutes, never further", () => {
  const outputting = (minutes: number) => at(minutes, { weakAt: start + minutes * minute });
  expect(outputting(44)).toBe("working");
  expect(outputting(45)).toBe("stalled");
  expect(outputting(60)).toBe("gupp");
});

test("a strong signal starts the time anew", () => {
  expect(at(40, { strongAt: start + 26 * minute })).toBe("working");
});

test("an agent with work and a dead session is dead, whatever the clock says", () => {
  expect(at(0, { session: "dead" })).toBe("zombie");
  expect(at(500, { session: "dead" })).toBe("zombie");
});

test("an idle polecat without a session is idle, not dead", () => {
  expect(at(600, { session: "dead", state: "idle", hookState: "", isHooked: false })).toBe("idle");
  expect(at(600, { session: "none", state: "idle", hookState: "completed", isHooked: false })).toBe("idle");
});

test("a host that does not answer makes nobody a zombie", () => {
  expect(at(1, { session: "unknown" })).toBe("working");
  expect(at(31, { session: "unknown" })).toBe("gupp");
});

test("an agent may be spawning for five minutes without a session", () => {
  const spawning = { session: "dead", state: "spawning", spawningSince: start } as const;
  expect(at(4, spawning)).toBe("working");
  expect(at(5, spawning)).toBe("zombie");
});

test("a live session without its worktree is dead", () => {
  expect(at(0, { isWorktreeMissing: true })).toBe("zombie");
});

test("a suspended hook rests with the reason as a tag, and a stuck agent needs attention", () => {
  const paused = assess(
    signals({ state: "paused", hookState: "suspended", session: "dead", now: start + 99 * minute }),
  );
  expect(paused).toMatchObject({ state: "idle", tag: "paused", needsAttention: false });
  const stuck = assess(signals({ state: "stuck", hookState: "suspended", session: "dead" }));
  expect(stuck).toMatchObject({ state: "idle", tag: "stuck", needsAttention: true });
});

test("an agent that waits for an answer needs a person", () => {
  expect(assess(signals({ isWaiting: true }))).toMatchObject({
    state: "stalled",
    tag: "needs-human",
    needsAttention: true,
  });
});

test("a rate limit is not a stall", () => {
  expect(assess(signals({ isLimited: true, now: start + 300 * minute }))).toMatchObject({
    state: "working",
    tag: "limited",
  });
});

test("suspended time does not count", () => {
  expect(at(40, { suspendedMs: 30 * minute })).toBe("working");
});

test("progress never lies before the baseline and weak signals never carry it past their credit", () => {
  const time = fc.integer({ min: 0, max: 10_000_000 });
  fc.assert(
    fc.property(time, time, time, time, time, (hookedAt, sessionStartedAt, strongAt, weakAt, credit) => {
      const result = progressAt({ hookedAt, sessionStartedAt, strongAt, weakAt }, credit);
      const strong = Math.max(hookedAt, sessionStartedAt, strongAt);
      expect(result).toBeGreaterThanOrEqual(strong);
      expect(result).toBeLessThanOrEqual(strong + credit);
    }),
  );
});

test("the most urgent come first, and of them the longest idle", () => {
  const sorted = [
    { health: "idle", idleMs: 0 },
    { health: "gupp", idleMs: 1 },
    { health: "zombie", idleMs: 9 },
    { health: "gupp", idleMs: 5 },
  ] as const;
  expect([...sorted].sort(byUrgency).map((row) => `${row.health} ${row.idleMs}`)).toEqual([
    "gupp 5",
    "gupp 1",
    "zombie 9",
    "idle 0",
  ]);
});

test("only the part of a sleep that lies in the time counts", () => {
  const sleeps = [
    { from: 100, to: 200 },
    { from: 300, to: 400 },
  ];
  expect([0, 150, 250, 500].map((since) => sleptSince(sleeps, since, 350))).toEqual([150, 100, 50, 0]);
});
