import type { Ledger } from "../ledger/ledger.ts";
import type { Operation } from "../ledger/operation.ts";

/** How dispatching a bead of a convoy failed last (runtime row, by bead). */
export interface FeedFailure {
  readonly count: number;
  /** The bead is left alone until then; milliseconds since the epoch. */
  readonly until: number;
  readonly error: string;
}

const table = "feed_failures";
const minute = 60_000;
const maxBackoffMs = 30 * minute;

export async function feedFailures(ledger: Ledger): Promise<ReadonlyMap<string, FeedFailure>> {
  const rows = await ledger.rows<FeedFailure>(table);
  return new Map(rows.map(({ key, value }) => [key, value]));
}

/** One more failure: 1, 2, 4 ... 30 minutes until the next attempt (spec/05 §6.5). */
export function nextFailure(before: FeedFailure | undefined, error: string, now: number): FeedFailure {
  const count = (before?.count ?? 0) + 1;
  return { count, until: now + Math.min(maxBackoffMs, minute * 2 ** (count - 1)), error };
}

export const putFailure = (bead: string, failure: FeedFailure): Operation => ({
  op: "putRow",
  table,
  key: bead,
  value: failure,
});

export const clearFailure = (bead: string): Operation => ({ op: "deleteRow", table, key: bead });
