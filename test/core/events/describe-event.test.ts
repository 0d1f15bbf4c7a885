import { expect, test } from "vitest";
import { describeEvent, eventSymbol, formatEventLine } from "../../../src/core/events/describe-event.ts";
import type { TownEvent } from "../../../src/core/events/event.ts";
import { eventTypes, initialVisibility } from "../../../src/core/events/event-types.ts";

const event = (type: string, payload: Record<string, unknown> = {}, actor = "mayor"): TownEvent => ({
  ts: "2026-04-30T09:02:38Z",
  source: "gt",
  type,
  actor,
  payload,
  visibility: "feed",
});

test.each([
  ["sling", { bead: "ac-1", target: "acme/polecats/nux" }, "slung ac-1 → nux"],
  ["sling", { bead: "ac-1" }, "slung ac-1"],
  ["done", { bead: "ac-1", exit_type: "COMPLETED" }, "done: ac-1"],
  ["done", { bead: "ac-1", exit_type: "DEFERRED" }, "done: ac-1 (DEFERRED)"],
  ["merged", { mr: "hq-1", bead: "ac-1", worker: "acme/polecats/nux" }, "merged ac-1 from nux"],
  ["merged", { mr: "hq-1", branch: "polecat/nux/ac-1" }, "merged polecat/nux/ac-1"],
  ["nudge", { target: "mayor/" }, "nudged mayor"],
  ["batch_started", { mrs: ["a", "b", "c"] }, "testing batch of 3"],
  ["batch_bisect", { left: 2, right: 3, depth: 1 }, "bisecting 5 (probe 1)"],
  ["update", { bead: "ac-1", fields: ["title", "notes"] }, "updated ac-1 (title, notes)"],
  ["update", { bead: "ac-1", status: "blocked" }, "ac-1 → blocked"],
  ["rig_added", { rig: "web" }, "web added"],
  ["never_heard_of", {}, "never heard of"],
  ["never_heard_of", { message: "hello" }, "hello"],
  ["create", { bead: "x{bead}", title: "[{y}]" }, "created x{bead}: [{y}]"],
])("%s %j reads: %s", (type, payload, text) => {
  expect(describeEvent(event(type, payload))).toBe(text);
});

test("a start names its session, and a time to wait for is told by the clock on the wall", () => {
  expect(describeEvent(event("session_start", { session: "ac-nux", topic: "x" }))).toBe(
    "session ac-nux started (x)",
  );
  const told = (until: string) => describeEvent(event("session_limited", { session: "ac-nux", until }));
  const at = new Date(2026, 3, 30, 21, 5);
  const same = { ...event("rate_limited", { account: "a", until: at.toISOString() }) };
  expect(describeEvent({ ...same, ts: new Date(2026, 3, 30, 9).toISOString() })).toBe(
    "a rate limited until 21:05",
  );
  expect(told(new Date(2026, 4, 2, 8, 0).toISOString())).toBe(
    "session ac-nux is rate limited until 2026-05-02 08:00",
  );
  expect(told("soon")).toBe("session ac-nux is rate limited until soon");
});

test("every known type has words even with no payload at all", () => {
  for (const type of eventTypes.keys()) expect(describeEvent(event(type))).not.toBe("");
});

test("text from outside draws nothing and stays on its line", () => {
  const line = formatEventLine(
    event("create", { bead: "a-1", title: "x\u001b]0;pwn\u0007\u202ey\nz" }, "evil\u001b[2J"),
    { ascii: false },
  );
  expect(line).toMatch(/^\[\d\d:\d\d:\d\d\] \+ evil {21} created a-1: xy⏎z$/);
});

test("actors are one column wide, symbols have a plain form", () => {
  const line = formatEventLine(event("sling", { bead: "a-1" }, "acme/polecats/with-a-very-long-name"), {
    ascii: true,
    withDay: true,
  });
  expect(line).toMatch(/^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] \* acme\/polecats\/with-a-v\.\.\. slung a-1$/);
  expect(eventSymbol(event("session_death"), { ascii: true })).toBe("x");
  expect(eventSymbol(event("merged"), { ascii: false })).toBe("✓");
});

test("types that are only history say so by themselves; all others are for people", () => {
  for (const type of [
    "hook_created",
    "hook_active",
    "hook_completed",
    "hook_archived",
    "protocol",
    "mol.burn",
  ])
    expect(initialVisibility(type), type).toBe("audit");
  for (const type of ["hook_suspended", "hook_resumed", "agent_stuck", "sling", "never_heard_of"])
    expect(initialVisibility(type), type).toBe("feed");
});
