import type { Operation } from "../../core/ledger/operation.ts";

/** Rows of the table `duties` under which somebody calls a role that is code. */
export const wakePrefix = "wake/";

/** The operation that lets the daemon look at once at what a builtin role does, e.g. `web/refinery` (spec/03 §7.3). */
export function wakeCall(address: string, value: { readonly at: number; readonly id?: string }): Operation {
  return { op: "putRow", table: "duties", key: `${wakePrefix}${address}`, value };
}
