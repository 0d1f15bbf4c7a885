import type { Clock } from "../clock.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Operation } from "../ledger/operation.ts";

/** A time in which the machine slept and nobody could get on, milliseconds since the epoch. */
export interface Sleep {
  readonly from: number;
  readonly to: number;
}

/** Less is a busy machine. */
const leastMs = 60_000;
const keptMs = 24 * 3_600_000;
const row = { table: "duties", key: "sleeps" } as const;

/** Notices by the clock that nobody has looked for too long: then the process stood still, and all agents with it. */
export class SleepWatch {
  readonly #clock: Clock;
  readonly #everyMs: number;
  #lookedAt: number;

  /** `look` is called at least every so many milliseconds while the machine is awake. */
  constructor(clock: Clock, everyMs: number) {
    this.#clock = clock;
    this.#everyMs = everyMs;
    this.#lookedAt = clock.now();
  }

  /** The time since the last look, if the machine slept through it (spec/04 §8.1). */
  look(): Sleep | undefined {
    const from = this.#lookedAt;
    const to = this.#clock.now();
    this.#lookedAt = to;
    return to - from - this.#everyMs >= leastMs ? { from, to } : undefined;
  }
}

/** The machine's sleeps of the last day. */
export async function readSleeps(ledger: Ledger): Promise<readonly Sleep[]> {
  return (await ledger.row<readonly Sleep[]>(row.table, row.key))?.value ?? [];
}

/** One more, for everybody who counts time; those of long ago are forgotten. */
export function addSleep(known: readonly Sleep[], sleep: Sleep): Operation {
  const value = [...known.filter((each) => each.to > sleep.to - keptMs), sleep];
  return { op: "putRow", ...row, value };
}

/** How much of the time since then was slept through, in milliseconds. */
export function sleptSince(sleeps: readonly Sleep[], since: number, now: number): number {
  return sleeps.reduce(
    (sum, { from, to }) => sum + Math.max(0, Math.min(to, now) - Math.max(from, since)),
    0,
  );
}
