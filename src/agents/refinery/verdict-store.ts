import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Operation } from "../../core/ledger/operation.ts";

const table = "verdicts";
/** Green verdicts are believed for 14 days (spec/05 §2.5). */
const validMs = 14 * 24 * 60 * 60_000;

interface StoredVerdict {
  readonly at: number;
  /** Run or command that found it. */
  readonly by: string;
}

/** Remembers that a tree passed a gate set. Reds are not stored: they are valid inside their run only. */
export function rememberGreen(
  rig: string,
  gateset: string,
  tree: string,
  by: string,
  now: number,
): Operation {
  const value: StoredVerdict = { at: now, by };
  return { op: "putRow", table, key: `${rig}/${gateset}/${tree}`, value };
}

export async function isKnownGreen(
  ledger: Ledger,
  rig: string,
  gateset: string,
  tree: string,
  now: number,
): Promise<boolean> {
  const row = await ledger.row<StoredVerdict>(table, `${rig}/${gateset}/${tree}`);
  return row !== undefined && now - row.value.at < validMs;
}

/** Operations that forget what is too old to be believed. */
export async function forgetOldVerdicts(
  ledger: Ledger,
  rig: string,
  now: number,
): Promise<readonly Operation[]> {
  const rows = await ledger.rows<StoredVerdict>(table, { prefix: `${rig}/` });
  return rows
    .filter((row) => now - row.value.at >= validMs)
    .map((row): Operation => ({ op: "deleteRow", table, key: row.key }));
}
