import type { Bead } from "../ledger/bead.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Operation } from "../ledger/operation.ts";
import { moleculeRecord } from "./molecule-record.ts";

export interface Burning {
  readonly operations: readonly Operation[];
  readonly deleted: readonly string[];
}

/**
 * Removes a molecule without a trace but its event (spec/02 §7.7): of a wisp the beads that are wisps themselves, others
 * that hang under it are kept without a parent; of a persistent one everything. What it blocked is free.
 */
export async function burning(ledger: Ledger, root: Bead): Promise<Burning> {
  const below = await ledger.find({ under: root.id });
  const doomed = below.filter((bead) => !root.ephemeral || bead.ephemeral);
  const kept = below.filter((bead) => root.ephemeral && !bead.ephemeral);
  const reason = `burned with ${root.id}`;
  return {
    operations: [
      ...kept.map(({ id }): Operation => ({ op: "setParent", id, parent: null })),
      ...doomed.map(({ id }): Operation => ({ op: "delete", id, reason })),
      { op: "delete", id: root.id, reason: "burned" },
      {
        op: "event",
        event: {
          type: "mol_burn",
          payload: {
            root: root.id,
            formula: moleculeRecord(root)?.formula ?? root.sourceFormula,
            deleted: doomed.length + 1,
          },
        },
      },
    ],
    deleted: [root.id, ...doomed.map(({ id }) => id)],
  };
}
