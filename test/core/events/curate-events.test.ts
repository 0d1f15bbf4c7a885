import fc from "fast-check";
import { expect, test } from "vitest";
import { curate } from "../../../src/core/events/curate-events.ts";
import type { TownEvent } from "../../../src/core/events/event.ts";

const at = (
  second: number,
  type: string,
  payload: Record<string, unknown> = {},
  actor = "mayor",
): TownEvent => ({
  ts: new Date(1_777_000_000_000 + second * 1000).toISOString(),
  source: "gt",
  type,
  actor,
  payload,
  visibility: "feed",
});
const messages = (events: readonly TownEvent[]) => curate(events).map((row) => row.message);

test("quick updates of a bead are one, with the latest word", () => {
  expect(
    messages([
      at(0, "update", { bead: "a", status: "in_progress" }),
      at(1, "update", { bead: "b", status: "blocked" }),
      at(2, "update", { bead: "a", status: "blocked" }),
      at(9, "update", { bead: "a", status: "deferred" }),
    ]),
  ).toEqual(["a → blocked", "b → blocked", "a → deferred"]);
});

test("a repeated done is dropped, a later one is not", () => {
  const done = (second: number, actor: string) => at(second, "done", { bead: "a" }, actor);
  expect(curate([done(0, "nux"), done(9, "nux"), done(9, "slit"), done(25, "nux")])).toHaveLength(3);
});

test("a burst of slings is one row with their number, and two are two", () => {
  const sling = (second: number, target: string) => at(second, "sling", { bead: `b-${second}`, target });
  expect(messages([sling(0, "x/polecats/a"), sling(1, "x/polecats/b")])).toHaveLength(2);
  const burst = Array.from({ length: 20 }, (_, index) => sling(index, `x/polecats/p${index}`));
  expect(messages(burst)).toEqual(["dispatching work to 20 agents"]);
  expect(messages([...burst, sling(300, "x/polecats/a")])).toHaveLength(2);
});

test("the same thing three times in a row is said once", () => {
  const failed = (second: number) => at(second, "fetch_failed", { reason: "no network" }, "acme/refinery");
  expect(messages([failed(0), failed(60)])).toHaveLength(2);
  expect(messages([0, 60, 120, 180].map(failed))).toEqual(["fetch failed: no network ×4"]);
  expect(messages([failed(0), failed(1), at(2, "boot"), failed(3), failed(4)])).toHaveLength(5);
});

test("deaths belong to the mass death that counted them, before and after it", () => {
  const death = (second: number, session: string) => at(second, "session_death", { session });
  const rows = curate([
    death(0, "w-a"),
    death(1, "w-other"),
    at(2, "mass_death", { count: 2, window: "30s", sessions: ["w-a", "w-b"] }),
    death(3, "w-b"),
  ]);
  expect(rows.map((row) => row.event.type)).toEqual(["session_death", "mass_death"]);
  expect(rows[1]?.events).toHaveLength(3);
});

test("nothing of the audit is shown, and nothing shown is counted twice", () => {
  const event = fc
    .record({
      second: fc.nat({ max: 60 }),
      type: fc.constantFrom("sling", "update", "done", "merged", "session_death", "mass_death", "boot"),
      bead: fc.constantFrom("a", "b", "c"),
      visibility: fc.constantFrom("feed" as const, "audit" as const),
    })
    .map(({ second, type, bead, visibility }) => ({ ...at(second, type, { bead }), visibility }));
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (unsorted) => {
      const events = unsorted.toSorted((one, other) => one.ts.localeCompare(other.ts));
      const shown = curate(events).flatMap((row) => row.events);
      expect(new Set(shown).size).toBe(shown.length);
      expect(shown.every((one) => one.visibility === "feed")).toBe(true);
      // Only a repeated done may be missing.
      const missing = events.filter((one) => one.visibility === "feed" && !shown.includes(one));
      expect(missing.every((one) => one.type === "done")).toBe(true);
    }),
  );
});
