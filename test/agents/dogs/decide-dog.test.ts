import { expect, test } from "vitest";
import { decideDog, type DogView, dogLimitsOf } from "../../../src/agents/dogs/patrol-dogs.ts";
import type { SessionRecord } from "../../../src/agents/sessions/session-host.ts";
import type { Agent } from "../../../src/core/ledger/bead.ts";

const minute = 60_000;
const hour = 60 * minute;
const start = 1_000_000_000_000;
const limits = dogLimitsOf({ default_agent: "claude" });
const live = (startedAt: number) => ({ phase: "working", startedAt, viewers: 0 }) as SessionRecord;
const dead = (startedAt: number) => ({ ...live(startedAt), phase: "exited" }) as SessionRecord;

function dog(view: Partial<DogView> & { readonly state?: Agent["state"] } = {}): DogView {
  const { state = "working", ...more } = view;
  return {
    agent: { name: "alpha", address: "deacon/dogs/alpha", state, hookBead: "" } as Agent,
    record: { job: { work: "hq-1", kind: "session", startedAt: start }, lastActiveAt: start },
    isOwnerAlive: false,
    isSurplus: false,
    ...more,
  };
}

test("a chore may take two hours, and not a millisecond more", () => {
  const view = dog({ session: live(start) });
  expect(decideDog(view, start + 2 * hour - 1, limits)).toBeUndefined();
  expect(decideDog(view, start + 2 * hour, limits)).toMatchObject({ kind: "time-out" });
});

test("a chore with a time of its own ends then", () => {
  const job = { work: "hq-1", kind: "session" as const, startedAt: start, timeoutMs: 15 * minute };
  const view = dog({ session: live(start), record: { job, lastActiveAt: start } });
  expect(decideDog(view, start + 15 * minute - 1, limits)).toBeUndefined();
  expect(decideDog(view, start + 15 * minute, limits)).toMatchObject({ kind: "time-out" });
});

test("a session that ended without gt dog done has failed; the one before it says nothing", () => {
  expect(decideDog(dog({ session: dead(start) }), start + 1, limits)).toMatchObject({ kind: "fail" });
  const old = dog({ session: dead(start - minute) });
  expect(decideDog(old, start + minute - 1, limits)).toBeUndefined();
  expect(decideDog(old, start + minute, limits)).toMatchObject({ kind: "fail" });
});

test("a chore in code lives as long as the process that does it", () => {
  const record = { job: { work: "plugin:x", kind: "code" as const, startedAt: start }, lastActiveAt: start };
  expect(decideDog(dog({ record, isOwnerAlive: true }), start + hour, limits)).toBeUndefined();
  expect(decideDog(dog({ record }), start, limits)).toMatchObject({ kind: "fail" });
});

test("an idle dog's session ends after an hour unless somebody looks at it; surplus dogs go after four", () => {
  const record = { lastActiveAt: start };
  const idle = { state: "idle", record, session: live(start) } as const;
  expect(decideDog(dog(idle), start + hour - 1, limits)).toBeUndefined();
  expect(decideDog(dog(idle), start + hour, limits)).toMatchObject({ kind: "end-session" });
  const watched = dog({ ...idle, session: { ...live(start), viewers: 1 } });
  expect(decideDog(watched, start + hour, limits)).toBeUndefined();
  const surplus = { state: "idle", record, isSurplus: true } as const;
  expect(decideDog(dog(surplus), start + 4 * hour - 1, limits)).toBeUndefined();
  expect(decideDog(dog(surplus), start + 4 * hour, limits)).toMatchObject({ kind: "remove" });
  expect(decideDog(dog({ ...surplus, isSurplus: false }), start + 9 * hour, limits)).toBeUndefined();
});

test("a dog that works on nothing that is known is freed", () => {
  expect(decideDog(dog({ record: { lastActiveAt: start } }), start, limits)).toMatchObject({ kind: "fail" });
});
