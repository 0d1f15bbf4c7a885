import fc from "fast-check";
import { expect, test } from "vitest";
import type { HookSnapshot } from "../../../src/core/git/list-snapshots.ts";
import { expiredSnapshots } from "../../../src/core/git/snapshot-retention.ts";

const hour = 3_600_000;
const day = 24 * hour;
const now = Math.floor(1_800_000_000_000 / hour) * hour;

/** Snapshots newest first, of the given ages and assignments. */
function snapshots(...all: readonly (readonly [age: number, assignment: number])[]): readonly HookSnapshot[] {
  return all.map(([age, assignment], index) => ({
    ...{ seq: all.length - index, ref: "", commit: "", time: now - age, reason: "interval", bead: "web-1" },
    ...{ assignment, branch: "", head: "", session: "", operation: "", note: "" },
  }));
}

const expired = (all: readonly HookSnapshot[], open: readonly number[] = []): readonly number[] =>
  expiredSnapshots(all, { now, protectedAssignments: new Set(open) }).map((snapshot) => snapshot.seq);

test("two days everything, seven days the last of each hour, thirty days the last of each assignment", () => {
  const all = snapshots(
    [hour, 3], // 8
    [2 * day - 1, 3], // 7
    [3 * day - 0.4 * hour, 3], // 6: the last of its hour
    [3 * day - 0.2 * hour - hour, 3], // 5: of another hour
    [3 * day - 0.1 * hour - hour + 0.2 * hour, 3], // 4: the same hour
    [8 * day, 2], // 3: the last of its assignment
    [9 * day, 2], // 2
    [31 * day, 1], // 1
  );
  expect(expired(all)).toEqual([4, 2, 1]);
});

test("the newest of an assignment that is still to be done stays, however old, and so does the very newest of all", () => {
  const all = snapshots([90 * day, 3], [91 * day, 2], [92 * day, 2], [93 * day, 1]);
  expect(expired(all, [2])).toEqual([2, 1]);
  expect(expired(all)).toEqual([3, 2, 1]);
});

test("no more than two hundred are kept", () => {
  const all = snapshots(...Array.from({ length: 250 }, (_, index) => [index * 60_000, 1] as const));
  expect(expired(all)).toHaveLength(50);
  expect(expired(all)).not.toContain(250);
});

test("whatever the snapshots are, each rule holds for every one of them", () => {
  const history = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 40 * 24 * 60 }), fc.integer({ min: 0, max: 4 })), {
      maxLength: 300,
    })
    .map((all) =>
      snapshots(...all.toSorted(([a], [b]) => a - b).map(([age, of]) => [age * 60_000, of] as const)),
    );
  fc.assert(
    fc.property(history, fc.uniqueArray(fc.integer({ min: 0, max: 4 })), (all, open) => {
      const gone = new Set(expired(all, open));
      const kept = all.filter(({ seq }) => !gone.has(seq));
      const isNewestOf = (snapshot: HookSnapshot): boolean =>
        all.find(({ assignment }) => assignment === snapshot.assignment) === snapshot;
      const isSafe = (snapshot: HookSnapshot): boolean =>
        snapshot === all[0] || (open.includes(snapshot.assignment) && isNewestOf(snapshot));
      for (const snapshot of all) {
        const age = now - snapshot.time;
        const isLastOfHour =
          all.find(({ time }) => Math.floor(time / hour) === Math.floor(snapshot.time / hour)) === snapshot;
        const hasReason =
          age < 2 * day || (age < 7 * day && isLastOfHour) || (age < 30 * day && isNewestOf(snapshot));
        if (isSafe(snapshot)) expect(gone.has(snapshot.seq)).toBe(false);
        else if (!hasReason) expect(gone.has(snapshot.seq)).toBe(true);
        // One that has a reason goes only for room, and then so does every older one.
        else if (gone.has(snapshot.seq))
          expect(kept.filter(({ seq }) => seq > snapshot.seq).length).toBeGreaterThanOrEqual(200);
      }
    }),
    { numRuns: 60 },
  );
});
