import { expect, test } from "vitest";
import {
  type AccountLimit,
  type AccountSession,
  limitsNow,
  roomOf,
} from "../../../src/core/scheduler/account-limits.ts";

const minute = 60_000;
const session = (fields: Partial<AccountSession> = {}): AccountSession => ({
  ...{ account: "claude", isLimited: false, since: 0 },
  ...fields,
});
const hit = (since: number, until?: number) =>
  session({ isLimited: true, since, ...(until === undefined ? {} : { until }) });
const after = (before: AccountLimit | undefined, sessions: readonly AccountSession[], now: number) =>
  limitsNow(new Map(before === undefined ? [] : [["claude", before]]), sessions, now, 0.5).get("claude");

test("an account without a limit has no row", () => {
  expect(after(undefined, [session(), session()], 0)).toBeUndefined();
});

test("the provider's time closes the account; one session's limit counts once however often it is seen", () => {
  const first = after(undefined, [hit(1000, 90 * minute), session(), session(), session()], 2000);
  expect(first).toMatchObject({ until: 90 * minute, isClosed: true, hits: 1, ceiling: 2, full: 4 });
  expect(after(first, [hit(1000, 90 * minute), session()], 3000)).toBe(first);
  expect(after(first, [], 91 * minute)).toMatchObject({ isClosed: false, hits: 1 });
});

test("without a time it backs off 1, 2, 4 ... 30 minutes, spread by a fifth", () => {
  let limit: AccountLimit | undefined;
  const waits: number[] = [];
  let now = minute;
  for (let count = 0; count < 7; count++) {
    limit = after(limit, [hit(now)], now);
    waits.push(((limit?.until ?? 0) - now) / minute);
    now = (limit?.until ?? 0) + 1;
  }
  expect(waits).toEqual([1, 2, 4, 8, 16, 30, 30]);
  const spread = [0, 1].map(
    (jitter) => limitsNow(new Map(), [hit(minute)], minute, jitter).get("claude")?.until,
  );
  expect(spread).toEqual([minute + 0.8 * minute, minute + 1.2 * minute]);
});

test("five minutes of normal work forget the backoff; every ten quiet minutes one more may work, until all may", () => {
  const limit = after(undefined, [hit(minute, 2 * minute), session(), session(), session()], minute);
  expect(roomOf(limit as AccountLimit, 10 * minute)).toBe(2);
  expect(roomOf(limit as AccountLimit, 12 * minute)).toBe(3);
  const open = after(limit, [session()], 8 * minute);
  expect(open).toMatchObject({ isClosed: false, hits: 0 });
  expect(after(open, [session()], 22 * minute)).toBeUndefined();
});
