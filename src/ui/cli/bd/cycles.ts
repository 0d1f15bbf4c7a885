import type { Bead } from "../../../core/ledger/bead.ts";
import type { Ledger } from "../../../core/ledger/ledger.ts";

const blocking = new Set(["blocks", "conditional-blocks", "waits-for"]);

/** Cycles of blocking edges among beads that are blocked; beads on one stay blocked (spec/01 §4.3). */
export async function findCycles(
  ledger: Ledger,
  blocked: readonly Bead[],
): Promise<readonly (readonly Bead[])[]> {
  const beads = new Map(blocked.map((bead) => [bead.id, bead]));
  const edges = await ledger.edges([...beads.keys()]);
  const targets = new Map<string, string[]>();
  for (const { from, to, type } of edges) {
    if (!blocking.has(type) || !beads.has(from) || !beads.has(to)) continue;
    targets.set(from, [...(targets.get(from) ?? []), to]);
  }
  const cycles: (readonly Bead[])[] = [];
  const done = new Set<string>();
  for (const start of targets.keys()) {
    const path: string[] = [];
    const visit = (id: string): void => {
      const at = path.indexOf(id);
      if (at !== -1) {
        cycles.push(path.slice(at).flatMap((member) => beads.get(member) ?? []));
        return;
      }
      if (done.has(id)) return;
      done.add(id);
      path.push(id);
      for (const next of targets.get(id) ?? []) visit(next);
      path.pop();
    };
    visit(start);
  }
  return cycles;
}
