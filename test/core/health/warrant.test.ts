import { expect, test } from "vitest";
import { decideWarrant, saysAlive, type Warrant } from "../../../src/core/health/warrant.ts";

const second = 1000;
const start = 1_000_000_000_000;
const filed: Warrant = {
  ...{ id: "warrant-1", target: "web/polecats/nux", reason: "hangs", filedBy: "overseer" },
  ...{ filedAt: start, attempt: 0 },
};
const quiet = { hasSession: true, strongAt: start - 1, saysAlive: false };
const asked = (attempt: number): Warrant => ({ ...filed, attempt, askedAt: start });
const at = (warrant: Warrant, laterMs: number, facts: object = {}) =>
  decideWarrant(warrant, { ...quiet, ...facts, now: start + laterMs });

test("an agent is asked three times, with one, two and four minutes to answer, and then ended", () => {
  expect(at(filed, 0)).toEqual({ kind: "ask", attempt: 1, waitMs: 60 * second });
  expect(at(asked(1), 60 * second - 1)).toEqual({ kind: "wait", until: start + 60 * second });
  expect(at(asked(1), 60 * second)).toEqual({ kind: "ask", attempt: 2, waitMs: 120 * second });
  expect(at(asked(2), 120 * second)).toEqual({ kind: "ask", attempt: 3, waitMs: 240 * second });
  expect(at(asked(3), 240 * second - 1)).toMatchObject({ kind: "wait" });
  expect(at(asked(3), 240 * second)).toEqual({ kind: "end", result: "executed" });
});

test("whatever it achieves after the question, or the word on its screen, pardons it, at the last moment, too", () => {
  for (const sign of [{ strongAt: start + 1 }, { saysAlive: true }])
    expect(at(asked(3), 999 * second, sign)).toEqual({ kind: "end", result: "pardoned" });
  expect(
    at(filed, 0, { strongAt: start - second }),
    "what was before the question says nothing",
  ).toMatchObject({
    kind: "ask",
  });
  expect(at(asked(2), 0, { hasSession: false })).toEqual({ kind: "end", result: "gone" });
});

test("the answer stands on a line of its own; the echoed question is none", () => {
  expect(saysAlive(["x", "  ● ALIVE."])).toBe(true);
  expect(
    saysAlive(["> Health check 1/3: do anything, or print ALIVE on a line of its own", "ALIVENESS"]),
  ).toBe(false);
});
