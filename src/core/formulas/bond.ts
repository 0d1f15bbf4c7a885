import type { BeadId } from "../ledger/bead.ts";
import type { Operation } from "../ledger/operation.ts";

/**
 * `sequential`: the second waits for the first. `parallel`: the second hangs under the first and waits for nothing.
 * `conditional`: the second runs only if the first fails (spec/02 §7.5).
 */
export type BondType = "sequential" | "parallel" | "conditional";

export const bondTypes: readonly BondType[] = ["sequential", "parallel", "conditional"];

const edgeTypes = {
  sequential: "blocks",
  parallel: "parent-child",
  conditional: "conditional-blocks",
} as const;

/** The edge that joins two pieces of work; a cycle is refused when it is written. */
export function bonding(first: BeadId, second: BeadId, type: BondType): readonly Operation[] {
  return [
    { op: "addDependency", edge: { from: second, to: first, type: edgeTypes[type] } },
    { op: "event", event: { type: "mol_bond", payload: { a: first, b: second, bond_type: type } } },
  ];
}

/** Notes at the root that goes on what was bonded to it. */
export function bondedFrom(
  metadata: Readonly<Record<string, unknown>>,
  source: BeadId,
  type: BondType,
): Readonly<Record<string, unknown>> {
  const before = Array.isArray(metadata["bonded_from"])
    ? (metadata["bonded_from"] as readonly unknown[])
    : [];
  return { bonded_from: [...before, { source_id: source, bond_type: type, bond_point: "" }] };
}
