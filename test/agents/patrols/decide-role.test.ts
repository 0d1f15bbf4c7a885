import { expect, test } from "vitest";
import { decideBoot } from "../../../src/agents/patrols/decide-boot.ts";
import { decideRole, freshRole, type RoleView } from "../../../src/agents/patrols/decide-role.ts";
import type { SessionRecord } from "../../../src/agents/sessions/session-host.ts";

const second = 1000;
const minute = 60 * second;
const start = 1_000_000_000_000;
const limits = { staleMs: 5 * minute, veryStaleMs: 20 * minute, graceMs: 5 * minute, missingMs: 9 * minute };
const session = (more: Partial<SessionRecord> = {}) =>
  ({ phase: "idle", startedAt: start, viewers: 0, ...more }) as SessionRecord;
const ended = (more: Partial<SessionRecord> = {}) =>
  session({ phase: "exited", endedAt: start + minute, exitReason: "crashed", ...more });
const role = (more: Partial<RoleView> = {}): RoleView => ({
  address: "deacon/",
  kind: "patrol",
  session: session(),
  memory: freshRole,
  activeAt: start,
  isNeeded: true,
  ...more,
});
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
  const lost = { ...mayor, session: ended({ exitReason: "host-lost" }) };
  expect(decide(lost, start + minute), "with the host it died by no fault of its own").toMatchObject({
    kind: "start",
  });
});

test("a role that does not do its rounds is nudged after five minutes and started anew after twenty", () => {
  expect(decide(role(), start + 5 * minute - 1)).toBeUndefined();
  expect(decide(role(), start + 5 * minute)).toMatchObject({ kind: "nudge" });
  const nudged = role({ memory: { ...freshRole, nudgedAt: start + 5 * minute } });
  expect(decide(nudged, start + 10 * minute - 1)).toBeUndefined();
  expect(decide(nudged, start + 20 * minute)).toMatchObject({ kind: "restart" });
  expect(decide(role({ activeAt: start + 16 * minute }), start + 20 * minute)).toBeUndefined();
});

test("nobody is disturbed who is not needed, is watched, is limited, waits for a person, or has just started", () => {
  const late = start + 60 * minute;
  expect(decide(role({ isNeeded: false }), late)).toBeUndefined();
  expect(decide(role({ session: session({ viewers: 1 }) }), late)).toBeUndefined();
  for (const phase of ["limited", "waiting", "dialog"] as const)
    expect(decide(role({ session: session({ phase }) }), late)).toBeUndefined();
  expect(
    decide(role({ session: session({ startedAt: late - 5 * minute + 1 }), activeAt: 0 }), late),
  ).toBeUndefined();
  expect(decide({ ...role(), kind: "mayor" }, late)).toBeUndefined();
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
