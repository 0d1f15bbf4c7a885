import type { Bead, BeadId } from "../ledger/bead.ts";
import type { Ledger } from "../ledger/ledger.ts";

/** Everything below a bead by `parent-child`, nearest first; a cycle is walked once. */
export async function beadsBelow(ledger: Ledger, root: BeadId): Promise<readonly Bead[]> {
  const found = new Map<BeadId, Bead>();
  let level: readonly BeadId[] = [root];
  while (level.length > 0) {
    const parents = new Set(level);
    const children = (await ledger.edges(level))
      .filter((edge) => edge.type === "parent-child" && parents.has(edge.to))
      .map((edge) => edge.from)
      .filter((id) => id !== root && !found.has(id));
    const beads = await ledger.getMany(children);
    for (const bead of beads.values()) found.set(bead.id, bead);
    level = [...beads.keys()];
  }
  return [...found.values()];
}
