import fc from "fast-check";
import { expect, test } from "vitest";
import { planDispatch, type QueuedSling } from "../../../src/core/scheduler/plan-dispatch.ts";

const now = 1_000_000_000_000;
const queued = (id: string, overrides: Partial<QueuedSling> = {}): QueuedSling => ({
  id,
  bead: `web-${id}`,
  rig: "web",
  priority: 2,
  enqueuedAt: now,
  reason: "sling",
  isReady: true,
  ...overrides,
});
const ids = (capacity: number, batch: number, contexts: QueuedSling[], loads = {}) =>
  planDispatch(capacity, batch, contexts, new Map(Object.entries(loads)), { now }).dispatch.map(
    ({ id }) => id,
  );

test("the more urgent bead starts first, then the one that waits longer", () => {
  const contexts = [queued("b"), queued("a", { enqueuedAt: now - 1 }), queued("c", { priority: 0 })];
  expect(ids(9, 9, contexts)).toEqual(["c", "a", "b"]);
});

test("rework comes before new work of the same priority", () => {
  expect(ids(9, 9, [queued("a"), queued("b", { reason: "conflict" })])).toEqual(["b", "a"]);
});

test("half an hour of waiting raises the priority by one", () => {
  const contexts = [
    queued("new", { priority: 1 }),
    queued("old", { priority: 2, enqueuedAt: now - 61 * 60_000 }),
  ];
  expect(ids(1, 1, contexts)).toEqual(["old"]);
});

test("rigs take turns, those with fewer working polecats first", () => {
  const contexts = [queued("w1"), queued("w2"), queued("a1", { rig: "api" }), queued("a2", { rig: "api" })];
  expect(ids(9, 9, contexts, { web: { working: 1 }, api: { working: 0 } })).toEqual(["a1", "w1", "a2", "w2"]);
});

test("a rig at its own limit is passed over", () => {
  expect(ids(9, 9, [queued("w"), queued("a", { rig: "api" })], { web: { working: 2, max: 2 } })).toEqual([
    "a",
  ]);
});

test("of equals the one that would touch the same files as work under way comes later, and is not blocked", () => {
  const contexts = [
    queued("a", { rivals: new Map([["web-x", 2]]) }),
    queued("b", { rivals: new Map([["web-x", 1]]), enqueuedAt: now + 1 }),
    queued("c", { enqueuedAt: now + 2 }),
  ];
  const plan = (atWork: readonly string[]) =>
    planDispatch(9, 9, contexts, new Map(), { now, atWork: new Set(atWork) }).dispatch.map(({ id }) => id);
  expect(plan([])).toEqual(["a", "b", "c"]);
  expect(plan(["web-x"])).toEqual(["c", "b", "a"]);
});

test("of equal rigs the one that was served longer ago comes first", () => {
  const contexts = [queued("w"), queued("a", { rig: "api" })];
  expect(
    ids(1, 1, contexts, { web: { working: 0, servedAt: now }, api: { working: 0, servedAt: now - 1 } }),
  ).toEqual(["a"]);
});

test("no more are started on an account than it has room for", () => {
  const contexts = [
    queued("a", { account: "claude" }),
    queued("b", { account: "claude" }),
    queued("c", { account: "codex" }),
  ];
  const options = { now, accountRoom: new Map([["claude", 1]]) };
  expect(planDispatch(9, 9, contexts, new Map(), options).dispatch.map(({ id }) => id)).toEqual(["a", "c"]);
});

test("the plan says what limited it", () => {
  const three = [queued("a"), queued("b"), queued("c")];
  const plan = (capacity: number, batch: number, contexts = three) =>
    planDispatch(capacity, batch, contexts, new Map(), { now });
  expect(plan(1, 5)).toMatchObject({ reason: "capacity", skipped: 2 });
  expect(plan(5, 1)).toMatchObject({ reason: "batch", skipped: 2 });
  expect(plan(5, 5)).toMatchObject({ reason: "ready", skipped: 0 });
  expect(plan(5, 5, [queued("a", { isReady: false })])).toMatchObject({ reason: "none", dispatch: [] });
});

test("no plan exceeds capacity, batch or a rig's limit, repeats a bead, or starts one that is not ready", () => {
  const context = fc.record({
    rig: fc.constantFrom("web", "api", "doc"),
    priority: fc.integer({ min: 0, max: 4 }),
    enqueuedAt: fc.integer({ min: now - 10_000_000, max: now }),
    isReady: fc.boolean(),
  });
  fc.assert(
    fc.property(
      fc.integer({ min: -2, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.array(context),
      (capacity, batch, list) => {
        const contexts = list.map((fields, i) => queued(String(i), fields));
        const loads = new Map([["web", { working: 1, max: 3 }]]);
        const { dispatch } = planDispatch(capacity, batch, contexts, loads, { now });
        expect(dispatch.length).toBeLessThanOrEqual(Math.max(0, Math.min(capacity, batch)));
        expect(new Set(dispatch.map(({ id }) => id)).size).toBe(dispatch.length);
        expect(dispatch.every(({ isReady }) => isReady)).toBe(true);
        expect(dispatch.filter(({ rig }) => rig === "web").length).toBeLessThanOrEqual(2);
      },
    ),
  );
});
