import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { adaptiveSize, formBatch } from "../../../src/core/merge/batch.ts";
import { emptyQueue, type MrInput } from "../../../src/core/merge/queue-state.ts";
import { score } from "../../../src/core/merge/score.ts";
import { defaultPolicy, type HistoryOptions, playHistory } from "./history.ts";
import { borsRuns, cost, expectedRuns, worstRuns } from "./simulator.ts";

const hour = 3_600_000;
const now = 100 * hour;

function request(id: string, fields: Partial<MrInput> = {}): MrInput {
  return {
    id,
    target: "main",
    strategy: "mr",
    head: id,
    priority: 2,
    createdAt: now - hour,
    retryCount: 0,
    dependsOn: [],
    carried: false,
    crashes: 0,
    ...fields,
  };
}

const chaos = fc.record({
  seed: fc.integer({ min: 0, max: 0x7fffffff }),
  kills: fc.boolean(),
  arbitraryGate: fc.boolean(),
  flakes: fc.boolean(),
  moves: fc.boolean(),
  conflicts: fc.boolean(),
  withdrawals: fc.boolean(),
  errors: fc.boolean(),
  policy: fc.record({
    probes: fc.integer({ min: 1, max: 7 }),
    earlyLand: fc.boolean(),
    retryFlaky: fc.integer({ min: 0, max: 2 }),
    retryBatchOnFlaky: fc.boolean(),
    maxBatchSize: fc.integer({ min: 1, max: 16 }),
  }),
}) satisfies fc.Arbitrary<HistoryOptions>;

const calm = { arbitraryGate: false, flakes: false, moves: false, conflicts: false, withdrawals: false };

/** The same histories again: `GT_SEED=<seed> npx vitest run test/core/merge/merge.test.ts`. */
const seed = Number(process.env["GT_SEED"] ?? Date.now() % 1_000_000_000);

describe(`in 20,000 random histories with kills from seed ${seed}`, () => {
  test("nothing untested is pushed, nobody is blamed without proof, everybody lands once or ends for a reason", () => {
    process.stdout.write(`histories of the merge queue: seed ${seed}\n`);
    // A failure prints the smallest history that breaks a promise (P1-P4, P6, P8 of spec/05 §2.14).
    fc.assert(
      fc.property(chaos, (options) => {
        expect(playHistory(options).violations).toEqual([]);
      }),
      { numRuns: 20_000, seed },
    );
  }, 300_000);

  test("killed and undisturbed histories end with the same requests landed and set aside", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0x7fffffff }), (history) => {
        const undisturbed = playHistory({ ...calm, seed: history, kills: false, errors: false });
        const killed = playHistory({ ...calm, seed: history, kills: true, errors: false });
        expect(killed.violations).toEqual([]);
        const fates = [...undisturbed.fates].toSorted();
        expect([...killed.fates].toSorted()).toEqual(fates);
        for (const [id, fate] of fates)
          expect(fate).toBe(undisturbed.culprits.has(id) ? "ejected" : "landed");
      }),
      { numRuns: 20_000, seed },
    );
  }, 300_000);
});

test("a green result that comes a moment after its gate was cancelled still proves its prefix", () => {
  // Found among a million: the prefix was red twice afterwards, by flakes, and an innocent request was set aside.
  const history: HistoryOptions = {
    ...calm,
    ...{ seed: 525809050, kills: false, errors: false, flakes: true, moves: true, withdrawals: true },
    policy: { probes: 7, earlyLand: false, retryFlaky: 1, retryBatchOnFlaky: false, maxBatchSize: 14 },
  };
  expect(playHistory(history).violations).toEqual([]);
});

/** Averages of spec/05 §2.13 for k = 0..4. */
const chapter: readonly (readonly [number, readonly number[]])[] = [
  [1, [1, 1]],
  [2, [1, 2.5, 3]],
  [4, [1, 3.8, 5.7, 7, 8]],
  [8, [1, 4.9, 8, 10.7, 13.1]],
  [16, [1, 5.9, 10.2, 14, 17.7]],
  [32, [1, 7, 12.3, 17.2, 22]],
  [64, [1, 8, 14.3, 20.3, 26.2]],
];

describe("gate runs, played by the queue itself (P5)", () => {
  test.each(chapter)(
    "%i requests with any number of culprits cost what the search promises",
    (n, averages) => {
      for (const [k, average] of averages.entries()) {
        const measured = cost(n, k, 1, 500);
        const what = `n=${n} k=${k}`;
        // The chapter's figures are rounded; where not every placement is played, the sample has its own luck.
        expect(measured.runs, what).toBeLessThan(average * (measured.isExact ? 1 : 1.02) + 0.06);
        if (measured.isExact) expect(measured.runs, what).toBeCloseTo(expectedRuns(n, k), 9);
        if (k > 0) expect(measured.worst, what).toBeLessThanOrEqual(worstRuns(n, k));
        if (k > 0 && k <= n / 4) expect(measured.runs, what).toBeLessThan(borsRuns(n, k));
        if (n >= 8 && k <= n / 8) expect(measured.runs, what).toBeLessThan(n);
      }
    },
  );

  test.each(chapter)(
    "%i requests land with any number of slots, in no more rounds the more there are",
    (n, averages) => {
      for (const k of averages.keys()) {
        let rounds = Number.POSITIVE_INFINITY;
        for (let slots = 1; slots <= 7; slots++) {
          const measured = cost(n, k, slots, 60);
          expect(measured.rounds, `n=${n} k=${k} slots=${slots}`).toBeLessThanOrEqual(rounds * 1.02);
          rounds = measured.rounds;
        }
      }
    },
  );

  test.each([
    [8, 2, 3.9, 5.6],
    [8, 3, 3.9, 5.9],
    [8, 7, 2.9, 8.9],
    [16, 2, 4.8, 6.8],
    [16, 3, 3.9, 7.9],
    [16, 7, 3.9, 9.9],
    [64, 2, 6, 9.5],
    [64, 3, 5, 11],
    [64, 7, 4, 16],
  ])("one culprit among %i with %i slots takes the chapter's rounds and runs", (n, slots, rounds, runs) => {
    const measured = cost(n, 1, slots, 100);
    expect(measured.isExact).toBe(true);
    expect(measured.rounds).toBeLessThan(rounds + 0.06);
    expect(measured.runs).toBeLessThan(runs + 0.06);
  });
});

describe("score", () => {
  test("urgent requests and old convoys come first, conflicts cost", () => {
    expect(score(request("a", { priority: 0, createdAt: now }), now)).toBe(1400);
    expect(score(request("a", { createdAt: now, convoyCreatedAt: now - 10 * hour }), now)).toBe(1300);
    expect(score(request("a", { createdAt: now, retryCount: 3 }), now)).toBe(1050);
    expect(score(request("a", { createdAt: now, retryCount: 99 }), now)).toBe(900);
    expect(score(request("a", { createdAt: now + hour, priority: 9 }), now)).toBe(1000);
  });
});

describe("a batch", () => {
  const queue = (...mrs: readonly MrInput[]) => ({ ...emptyQueue(defaultPolicy, now), queue: mrs });

  test("shrinks with the share of culprits", () => {
    expect(adaptiveSize([])).toBe(14);
    expect(adaptiveSize(Array(50).fill(false))).toBe(49);
    expect(adaptiveSize(Array(50).fill(true))).toBe(1);
    expect(adaptiveSize([true, true, true, ...Array(27).fill(false)])).toBe(8);
  });

  test("waits for company until its oldest member has waited long enough", () => {
    const young = request("a", { createdAt: now - 1000 });
    expect(formBatch(queue(young), "main")).toEqual({ plan: "wait", until: now + 29_000 });
    expect(formBatch(queue({ ...young, carried: true }), "main")).toMatchObject({ plan: "batch" });
    expect(formBatch(queue({ ...young, priority: 0 }), "main")).toMatchObject({
      plan: "batch",
      urgent: true,
    });
  });

  test("of P0 is followed by a normal one when that has waited for half an hour", () => {
    const state = queue(request("urgent", { priority: 0 }), request("patient"));
    expect(formBatch(state, "main")).toMatchObject({ ids: ["urgent"] });
    const after = { moves: 0, errors: 0, decided: [], urgentLast: true };
    expect(formBatch(state, "main", after)).toMatchObject({ ids: ["patient"], urgent: false });
  });

  test("takes a blocked request only behind its blocker", () => {
    const late = request("late", { dependsOn: ["early"], priority: 1 });
    expect(formBatch(queue(late), "main")).toEqual({ plan: "nothing" });
    expect(formBatch(queue(late, request("early")), "main")).toMatchObject({ ids: ["early", "late"] });
  });

  test("keeps targets and strategies apart", () => {
    const state = queue(
      request("a"),
      request("b", { strategy: "pr" }),
      request("c", { target: "release" }),
      request("d"),
    );
    expect(formBatch(state, "main")).toMatchObject({ ids: ["a", "d"] });
  });

  test("takes a request that crashed two runs alone", () => {
    const state = queue(request("a", { crashes: 2, priority: 1 }), request("b"), request("c"));
    expect(formBatch(state, "main")).toMatchObject({ ids: ["a"] });
  });
});
