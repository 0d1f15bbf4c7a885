import type { LikelyConflict } from "../git/conflict-forecast.ts";
import type { Bead, BeadId } from "../ledger/bead.ts";
import { type FilesOf, overlapsIn } from "./file-overlap.ts";

/** How much two beads are in each other's way: 1 they may touch the same files, 2 their commits do not merge. */
export type Rivalry = 1 | 2;

/** For each of these beads the others with which it may conflict; beads without any are left out. Pure. */
export function rivalsAmong(
  beads: readonly Bead[],
  filesOf: FilesOf,
  conflicts: readonly LikelyConflict[] = [],
): ReadonlyMap<BeadId, ReadonlyMap<BeadId, Rivalry>> {
  const rivals = new Map<BeadId, Map<BeadId, Rivalry>>();
  const note = ([one, other]: readonly [BeadId, BeadId], rivalry: Rivalry): void => {
    for (const [a, b] of [
      [one, other],
      [other, one],
    ] as const)
      rivals.set(a, (rivals.get(a) ?? new Map<BeadId, Rivalry>()).set(b, rivalry));
  };
  const byId = new Map(beads.map((bead) => [bead.id, bead]));
  for (const { beads: pair } of overlapsIn([[...byId.keys()]], byId, filesOf)) note(pair, 1);
  for (const { names, likelihood } of conflicts) if (likelihood === "certain") note(names, 2);
  return rivals;
}
