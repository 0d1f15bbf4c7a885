import type { BeadId } from "../../../core/ledger/bead.ts";
import type { Ledger } from "../../../core/ledger/ledger.ts";

/** How many rows of the change feed tell of these beads. A week after a deletion they go, too (spec/01 §7.4). */
export async function historySize(ledger: Ledger, ids: readonly BeadId[]): Promise<number> {
  let count = 0;
  for (const bead of ids) count += (await ledger.changes(0, { bead, limit: 0 })).changes.length;
  return count;
}
