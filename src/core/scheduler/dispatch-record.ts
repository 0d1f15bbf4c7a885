import type { Ledger } from "../ledger/ledger.ts";
import type { Operation } from "../ledger/operation.ts";

const table = "scheduler";
const servedPrefix = "served/";
const passKey = "last-pass";

/** When a dispatch last started something, and how much. */
export interface DispatchPass {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly count: number;
}

/** A bead of the rig was started: other rigs come first next time (spec/05 §9.3 step 5). */
export const recordServed = (rig: string, at: number): Operation => ({
  op: "putRow",
  table,
  key: `${servedPrefix}${rig}`,
  value: { at },
});

/** When each rig was served last, in milliseconds since the epoch; rigs that never were are left out. */
export async function lastServed(ledger: Ledger): Promise<ReadonlyMap<string, number>> {
  const rows = await ledger.rows<{ readonly at: number }>(table, { prefix: servedPrefix });
  return new Map(rows.map(({ key, value }) => [key.slice(servedPrefix.length), value.at]));
}

export const recordPass = (at: number, count: number): Operation => ({
  op: "putRow",
  table,
  key: passKey,
  value: { at, count } satisfies DispatchPass,
});

export async function lastPass(ledger: Ledger): Promise<DispatchPass | undefined> {
  return (await ledger.row<DispatchPass>(table, passKey))?.value;
}
