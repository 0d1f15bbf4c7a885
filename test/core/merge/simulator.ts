import { playHistory, randomFrom } from "./history.ts";

/** Expected gate runs of spec/05 §2.13: independent culprits, base known green, no flakes, no arrivals. */
export interface Cost {
  readonly n: number;
  readonly k: number;
  readonly slots: number;
  readonly runs: number;
  readonly rounds: number;
  readonly worst: number;
  /** Every placement was played. */
  readonly isExact: boolean;
}

/** Plays the real queue on every placement of k culprits among n, or on `samples` random ones when there are more. */
export function cost(n: number, k: number, slots: number, samples: number): Cost {
  let runs = 0;
  let rounds = 0;
  let worst = 0;
  const placements = choose(n, k) <= samples ? allPlacements(n, k) : samplePlacements(n, k, samples);
  for (const [index, culprits] of placements.entries()) {
    const report = playHistory({
      seed: index,
      kills: false,
      arbitraryGate: false,
      flakes: false,
      moves: false,
      conflicts: false,
      withdrawals: false,
      errors: false,
      allAtOnce: true,
      size: n,
      culprits,
      policy: { maxBatchSize: n, adaptive: false, batchWaitMs: 0, probes: slots },
    });
    if (report.violations.length > 0) throw new Error(report.violations.join("; "));
    runs += report.gateRuns;
    rounds += report.rounds;
    worst = Math.max(worst, report.gateRuns);
  }
  const { length } = placements;
  return {
    n,
    k,
    slots,
    runs: runs / length,
    rounds: rounds / length,
    worst,
    isExact: choose(n, k) <= samples,
  };
}

function allPlacements(n: number, k: number, from = 0): readonly (readonly number[])[] {
  if (k === 0) return [[]];
  const found: (readonly number[])[] = [];
  for (let first = from; first <= n - k; first++)
    for (const rest of allPlacements(n, k - 1, first + 1)) found.push([first, ...rest]);
  return found;
}

function samplePlacements(n: number, k: number, samples: number): readonly (readonly number[])[] {
  const random = randomFrom(n * 31 + k);
  return Array.from({ length: samples }, () => {
    const places = new Set<number>();
    while (places.size < k) places.add(Math.floor(random() * n));
    return [...places];
  });
}

/** T(n, k) of spec/05 §2.13: what this queue should need. */
export function expectedRuns(n: number, k: number): number {
  if (n === 0) return 0;
  if (k === 0) return 1;
  let sum = 0;
  for (let c = 1; c <= n - k + 1; c++)
    sum +=
      (choose(n - c, k - 1) / choose(n, k)) * (1 + probesFor(n, c) + memo(expectedRuns, "T")(n - c, k - 1));
  return sum;
}

/** B(n, k) of spec/05 §2.13: halving without a memory of what is green. */
export function borsRuns(n: number, k: number): number {
  if (k === 0 || n === 1) return 1;
  const h = Math.floor(n / 2);
  let sum = 1;
  for (let a = Math.max(0, k - (n - h)); a <= Math.min(h, k); a++)
    sum +=
      ((choose(h, a) * choose(n - h, k - a)) / choose(n, k)) *
      (memo(borsRuns, "B")(h, a) + memo(borsRuns, "B")(n - h, k - a));
  return sum;
}

/** k x (1 + ceil(log2 n)) + 1 */
export function worstRuns(n: number, k: number): number {
  return k * (1 + Math.ceil(Math.log2(n))) + 1;
}

/** Probes that a search among n needs to find a first culprit at position c. */
function probesFor(n: number, c: number): number {
  let lo = 0;
  let hi = n;
  let probes = 0;
  while (hi - lo > 1) {
    const mid = lo + Math.floor((hi - lo) / 2);
    probes++;
    if (mid >= c) hi = mid;
    else lo = mid;
  }
  return probes;
}

const remembered = new Map<string, number>();
function memo(compute: (n: number, k: number) => number, name: string): (n: number, k: number) => number {
  return (n, k) => {
    const key = `${name} ${n} ${k}`;
    const known = remembered.get(key);
    if (known !== undefined) return known;
    const value = compute(n, k);
    remembered.set(key, value);
    return value;
  };
}

function choose(n: number, k: number): number {
  if (k < 0 || k > n) return 0;
  let result = 1;
  for (let i = 1; i <= k; i++) result = (result * (n - k + i)) / i;
  return result;
}
