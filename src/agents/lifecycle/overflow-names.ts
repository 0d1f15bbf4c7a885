import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import type { Rig } from "../../core/town/town.ts";

const table = "namepool";

interface Overflow {
  readonly overflow_next: number;
}

/** The number that the next polecat without a free name gets; undefined before the first one (spec/04 §3.2). */
export async function overflowNext(ledger: Ledger, rig: Rig): Promise<number | undefined> {
  return (await ledger.row<Overflow>(table, rig.name))?.value.overflow_next;
}

/** Remembers that the name was given, if it is a number. */
export function countOverflow(rig: Rig, name: string): readonly Operation[] {
  if (!/^\d+$/.test(name)) return [];
  return [{ op: "putRow", table, key: rig.name, value: { overflow_next: Number(name) + 1 } }];
}

/** Numbers begin anew, just above the size of the pool; those of living polecats are not given again. */
export const resetOverflow = (rig: Rig): Operation => ({ op: "deleteRow", table, key: rig.name });
