import type { Bead, Dependency } from "../ledger/bead.ts";

/** The order in which the work of a convoy can be done, if nothing changes (spec/05 §7). */
export interface Waves {
  /** Beads that may run at the same time, wave after wave, in id order. */
  readonly waves: readonly (readonly string[])[];
  /** What each open bead waits for, inside and outside, in id order; beads that wait for nothing are left out. */
  readonly waitsFor: ReadonlyMap<string, readonly string[]>;
  /** Beads behind something outside that is open, directly or through others, with what they wait for. */
  readonly gated: ReadonlyMap<string, readonly string[]>;
  /** One dependency cycle, first bead repeated at its end; undefined when there is none. */
  readonly cycle: readonly string[] | undefined;
}

export interface WaveInput {
  readonly beads: readonly Bead[];
  /** Execution edges of the beads: `from` waits for `to`. */
  readonly edges: readonly Pick<Dependency, "from" | "to">[];
  /** Beads outside that are open, by id. */
  readonly openOutside: ReadonlySet<string>;
}

/** Kahn's algorithm over the open beads; closed ones count as done. Pure and the same for the same input. */
export function computeWaves({ beads, edges, openOutside }: WaveInput): Waves {
  const open = new Set(beads.filter((bead) => bead.status !== "closed").map((bead) => bead.id));
  const waitsFor = new Map<string, Set<string>>([...open].map((id) => [id, new Set<string>()]));
  const outside = new Map<string, string[]>();
  for (const { from, to } of edges) {
    if (!open.has(from)) continue;
    if (open.has(to)) waitsFor.get(from)?.add(to);
    else if (openOutside.has(to)) outside.set(from, [...(outside.get(from) ?? []), to]);
  }
  const cycle = findCycle(waitsFor);
  const gated = gatedBeads(waitsFor, outside);
  const left = new Map([...waitsFor].filter(([id]) => !gated.has(id)));
  const waves: string[][] = [];
  while (left.size > 0) {
    const wave = [...left].filter(([, needs]) => [...needs].every((id) => !left.has(id))).map(([id]) => id);
    if (wave.length === 0) break; // the cycle: reported, not scheduled
    wave.sort();
    for (const id of wave) left.delete(id);
    waves.push(wave);
  }
  const all = [...open]
    .sort()
    .map((id) => [id, [...(waitsFor.get(id) ?? []), ...(outside.get(id) ?? [])].sort()] as const);
  return { waves, gated, cycle, waitsFor: new Map(all.filter(([, needs]) => needs.length > 0)) };
}

function gatedBeads(
  waitsFor: ReadonlyMap<string, ReadonlySet<string>>,
  outside: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> {
  const dependents = new Map<string, string[]>();
  for (const [id, needs] of waitsFor)
    for (const need of needs) dependents.set(need, [...(dependents.get(need) ?? []), id]);
  const gated = new Map<string, readonly string[]>();
  const queue = [...outside];
  for (const [id, by] of queue) {
    if (gated.has(id)) continue;
    gated.set(id, by);
    for (const dependent of dependents.get(id) ?? []) queue.push([dependent, [id]]);
  }
  return gated;
}

/** Depth first, nodes and edges in id order, so that the same cycle is reported every time. */
function findCycle(waitsFor: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] | undefined {
  const done = new Set<string>();
  for (const start of [...waitsFor.keys()].sort()) {
    const path: string[] = [];
    const stack: { readonly id: string; readonly next: string[] }[] = [];
    const enter = (id: string): void => {
      path.push(id);
      stack.push({ id, next: [...(waitsFor.get(id) ?? [])].sort() });
    };
    if (!done.has(start)) enter(start);
    while (stack.length > 0) {
      const top = stack.at(-1);
      const next = top?.next.shift();
      if (top === undefined || next === undefined) {
        done.add(path.pop() ?? "");
        stack.pop();
        continue;
      }
      const at = path.indexOf(next);
      if (at >= 0) return [...path.slice(at), next];
      if (!done.has(next)) enter(next);
    }
  }
  return undefined;
}
