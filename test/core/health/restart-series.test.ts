import fc from "fast-check";
import { expect, test } from "vitest";
import {
  decideRestart,
  noRestarts,
  polecatRestartLimits,
  type RestartSeries,
  roleRestartLimits,
  withRestart,
} from "../../../src/core/health/restart-series.ts";

const minute = 60_000;
const start = 1_000_000_000_000;

test("the first restart is immediate, the next ones wait 30 s, 1 m, 2 m", () => {
  let series: RestartSeries = noRestarts;
  const waits: number[] = [];
  let now = start;
  for (let k = 0; k < 4; k++) {
    const decision = decideRestart(series, now, now, roleRestartLimits);
    const at = decision.kind === "wait" ? decision.until : now;
    waits.push(at - now);
    series = withRestart(series, now, at, roleRestartLimits);
    now = at;
  }
  expect(waits).toEqual([0, 30_000, 60_000, 120_000]);
});

test("a polecat's fourth death within 15 minutes is a crash loop", () => {
  const series = { restartedAt: [start, start + minute, start + 2 * minute] };
  expect(decideRestart(series, start + 3 * minute, start + 3 * minute, polecatRestartLimits)).toEqual({
    kind: "crash-loop",
    count: 3,
  });
});

test("a crash loop stays one until it is cleared", () => {
  const series = { restartedAt: [start], crashLoopSince: start };
  expect(decideRestart(series, start, start + 999 * minute, polecatRestartLimits).kind).toBe("crash-loop");
});

test("thirty minutes of stable running end a series", () => {
  const series = { restartedAt: [start - 2, start - 1, start] };
  const diedAt = start + 30 * minute;
  expect(decideRestart(series, diedAt, diedAt, polecatRestartLimits)).toEqual({
    kind: "restart",
    attempt: 1,
  });
  expect(withRestart(series, diedAt, diedAt, polecatRestartLimits)).toEqual({ restartedAt: [diedAt] });
});

test("an agent that keeps dying is never restarted more often than the limit within any window", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 20 * minute }), { maxLength: 40 }), (lifetimes) => {
      let series: RestartSeries = noRestarts;
      let now = start;
      for (const lifetime of lifetimes) {
        now += lifetime;
        const diedAt = now;
        let decision = decideRestart(series, diedAt, now, polecatRestartLimits);
        if (decision.kind === "wait") {
          now = decision.until;
          decision = decideRestart(series, diedAt, now, polecatRestartLimits);
        }
        if (decision.kind !== "restart") break;
        series = withRestart(series, diedAt, now, polecatRestartLimits);
        const inWindow = series.restartedAt.filter((at) => at > now - polecatRestartLimits.windowMs);
        expect(inWindow.length).toBeLessThanOrEqual(polecatRestartLimits.maxRestarts);
      }
    }),
  );
});
