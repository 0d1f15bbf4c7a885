import type { Probe, QueuePolicy, Run } from "./queue-state.ts";

/** What the search for the first red prefix does next (spec/05 §2.6). */
export type Move =
  /** Something is in flight whose result decides. */
  | { readonly move: "wait" }
  | { readonly move: "gate"; readonly prefixes: readonly number[] }
  /** Run the failed gates again on the same tree. */
  | { readonly move: "confirm"; readonly prefix: number }
  | { readonly move: "land"; readonly upTo: number }
  /** The prefix before is green and landed, this one is confirmed red. */
  | { readonly move: "eject"; readonly prefix: number }
  /** The first prefix is red and so is the base: nobody is to blame. */
  | { readonly move: "baseRed" }
  | { readonly move: "done" };

export interface Bounds {
  /** Greatest green prefix; 0 = the base. */
  readonly lo: number;
  /** Least red prefix above `lo`, if any. */
  readonly hi: number | undefined;
}

export const unknown: Probe = {
  verdict: null,
  confirmed: false,
  attempts: 0,
  reruns: 0,
  failed: [],
  flying: false,
};

export function bounds(probes: readonly Probe[]): Bounds {
  const lo = Math.max(
    0,
    probes.findLastIndex((probe) => probe.verdict === "green"),
  );
  const hi = probes.findIndex((probe, prefix) => prefix > lo && probe.verdict === "red");
  return { lo, hi: hi < 0 ? undefined : hi };
}

/** Probes in flight whose result can no longer matter. */
export function pointless(probes: readonly Probe[]): readonly number[] {
  const { lo, hi } = bounds(probes);
  return probes.flatMap((probe, prefix) => {
    const rerun = probe.verdict === "red";
    const matters = rerun ? prefix === hi : prefix > lo && (hi === undefined || prefix < hi);
    return probe.flying && prefix > 0 && !matters ? [prefix] : [];
  });
}

export function nextMove(
  run: Pick<Run, "items" | "probes" | "landed" | "pushing" | "purpose">,
  policy: QueuePolicy,
): Move {
  if (run.pushing !== null) return { move: "wait" };
  const { probes, landed } = run;
  const n = run.items.length;
  const { lo, hi } = bounds(probes);

  if (lo > landed && (policy.earlyLand || lo === n)) return { move: "land", upTo: lo };
  if (n > 0 && lo === n) return { move: "done" };
  if (probes.some((probe) => probe.flying)) return { move: "wait" };
  if (n === 0) return baseMove(probes[0]);
  if (hi === undefined) return { move: "gate", prefixes: [n] };

  const red = probes[hi];
  if (red !== undefined && !red.confirmed) {
    // Only decisive reds are worth a re-run: the batch as a whole, and a culprit about to be ejected.
    if ((hi === n && policy.retryBatchOnFlaky) || hi - lo === 1) return { move: "confirm", prefix: hi };
  }
  if (hi - lo > 1) return { move: "gate", prefixes: split(lo, hi, policy.probes) };
  if (lo === 0) {
    // The target is known to be red: a request that does not repair it has not failed.
    if (run.purpose === "solo") return { move: "baseRed" };
    const base = baseMove(probes[0]);
    if (base.move !== "done") return base;
  }
  if (lo > landed) return { move: "land", upTo: lo };
  return { move: "eject", prefix: hi };
}

/** Judges the base alone; `done` when it is green. */
function baseMove(base: Probe | undefined): Move {
  if (base?.verdict === "green") return { move: "done" };
  if (base === undefined || base.verdict === null) return { move: "gate", prefixes: [0] };
  return base.confirmed ? { move: "baseRed" } : { move: "confirm", prefix: 0 };
}

/** Up to `count` prefixes that cut (lo, hi) into even parts. */
function split(lo: number, hi: number, count: number): readonly number[] {
  const width = hi - lo;
  const cuts = Math.min(Math.max(1, count), width - 1);
  return Array.from({ length: cuts }, (_, index) => lo + Math.floor(((index + 1) * width) / (cuts + 1)));
}
