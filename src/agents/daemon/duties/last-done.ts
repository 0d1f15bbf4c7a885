import type { Ledger } from "../../../core/ledger/ledger.ts";

/** When a rare chore was done last, and what the world looked like then; a row of the table `duties`. */
export interface LastDone {
  readonly at: number;
  readonly mark?: string;
}

const keyOf = (chore: string): string => `last/${chore}`;

export async function lastDone(ledger: Ledger, chore: string): Promise<LastDone | undefined> {
  return (await ledger.row<LastDone>("duties", keyOf(chore)))?.value;
}

export async function noteDone(ledger: Ledger, actor: string, chore: string, done: LastDone): Promise<void> {
  await ledger.write(actor, [{ op: "putRow", table: "duties", key: keyOf(chore), value: done }]);
}
