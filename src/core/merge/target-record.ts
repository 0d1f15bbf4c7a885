import type { Ledger } from "../ledger/ledger.ts";
import type { Operation } from "../ledger/operation.ts";
import { emptyTarget, type TargetState } from "./queue-state.ts";

const table = "merge_targets";

/** What the queue remembers of a target between runs: holds, redness, its rate of culprits; and a person's pause. */
export interface TargetRecord extends TargetState {
  readonly paused?: { readonly by: string; readonly reason: string; readonly at: number };
}

/** Key for a pause of all targets of a rig. */
export const allTargets = "*";

export function putTarget(rig: string, target: string, record: TargetRecord): Operation {
  return { op: "putRow", table, key: `${rig}/${target}`, value: record };
}

/** Records by target name. */
export async function targetsOf(ledger: Ledger, rig: string): Promise<ReadonlyMap<string, TargetRecord>> {
  const rows = await ledger.rows<TargetRecord>(table, { prefix: `${rig}/` });
  return new Map(rows.map((row) => [row.key.slice(rig.length + 1), { ...emptyTarget, ...row.value }]));
}
