import type { Ledger } from "../ledger/ledger.ts";
import type { Operation } from "../ledger/operation.ts";

const table = "refinery";

/** Whether a rig's queue runs by itself, and who decides in it (spec/05 §4.2). */
export interface RefinerySwitch {
  /** Stopped by a person until `gt refinery start`. */
  readonly isOff: boolean;
  /** `agent`: a session decides when to run; it still lands through the same code. */
  readonly mode: "builtin" | "agent";
  readonly by: string;
  readonly at: number;
}

const initial: RefinerySwitch = { isOff: false, mode: "builtin", by: "", at: 0 };

export async function refinerySwitch(ledger: Ledger, rig: string): Promise<RefinerySwitch> {
  const row = await ledger.row<RefinerySwitch>(table, rig);
  return { ...initial, ...row?.value };
}

export function setRefinerySwitch(rig: string, value: RefinerySwitch): Operation {
  return { op: "putRow", table, key: rig, value };
}

/** True when the daemon drives the queue. */
export function runsByItself(value: RefinerySwitch): boolean {
  return !value.isOff && value.mode === "builtin";
}
