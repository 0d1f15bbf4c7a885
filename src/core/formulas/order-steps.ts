/** What ordering needs to know of a step. */
export interface Orderable {
  readonly id: string;
  readonly needs: readonly string[];
  readonly parent?: string;
}

export interface StepOrder<T> {
  readonly steps: readonly T[];
  /** Wave of each step, in that order. */
  readonly waves: readonly number[];
  /** Ids of the longest chain. */
  readonly criticalPath: readonly string[];
}

/**
 * The cooked order: again and again the first step of the list whose needs are all taken (spec/02 §5.7). Whoever needs a
 * container comes after its children. The needs must be known and without a cycle.
 */
export function orderSteps<T extends Orderable>(list: readonly T[]): StepOrder<T> {
  const needsOf = effectiveNeeds(list);
  const position = new Map(list.map(({ id }, index) => [id, index]));
  const waitingFor = list.map(({ id }) => needsOf(id).length);
  const dependents = new Map<string, number[]>();
  for (const [index, { id }] of list.entries())
    for (const need of needsOf(id)) {
      const known = dependents.get(need);
      if (known === undefined) dependents.set(need, [index]);
      else known.push(index);
    }
  const ready = new LowestFirst();
  for (const [index, count] of waitingFor.entries()) if (count === 0) ready.add(index);
  const steps: T[] = [];
  const waves: number[] = [];
  const waveOf = new Map<string, number>();
  const indexOf = new Map<string, number>();
  for (let next = ready.take(); next !== undefined; next = ready.take()) {
    const step = list[next];
    if (step === undefined) break;
    const wave = Math.max(-1, ...needsOf(step.id).map((need) => waveOf.get(need) ?? 0)) + 1;
    steps.push(step);
    waves.push(wave);
    waveOf.set(step.id, wave);
    indexOf.set(step.id, steps.length);
    for (const index of dependents.get(step.id) ?? []) {
      const left = (waitingFor[index] ?? 0) - 1;
      waitingFor[index] = left;
      if (left === 0) ready.add(index);
    }
  }
  if (steps.length !== position.size) throw new Error("the steps have a cycle or two of one id");
  return { steps, waves, criticalPath: longestChain(steps, needsOf, waveOf, indexOf) };
}

/** What a step really waits for: with a container also for all that is in it. Without itself and what is around it. */
export function effectiveNeeds(list: readonly Orderable[]): (id: string) => readonly string[] {
  const byParent = Map.groupBy(list, ({ parent }) => parent ?? "");
  const known = new Map<string, readonly string[]>();
  const below = (id: string): readonly string[] =>
    (byParent.get(id) ?? []).flatMap((child) => [child.id, ...below(child.id)]);
  const hasContainers = byParent.size > 1;
  for (const { id, needs } of list)
    known.set(id, hasContainers ? [...new Set(needs.flatMap((need) => [need, ...below(need)]))] : needs);
  return (id) => known.get(id) ?? [];
}

/** A wave is one more than the latest need, so a chain that loses a wave at each step is a longest one. */
function longestChain<T extends Orderable>(
  steps: readonly T[],
  needsOf: (id: string) => readonly string[],
  waveOf: ReadonlyMap<string, number>,
  indexOf: ReadonlyMap<string, number>,
): readonly string[] {
  const lowest = (ids: readonly string[]): string | undefined =>
    ids.reduce<string | undefined>((best, id) => {
      if (best === undefined) return id;
      const [wave, bestWave] = [waveOf.get(id) ?? 0, waveOf.get(best) ?? 0];
      if (wave !== bestWave) return wave > bestWave ? id : best;
      return (indexOf.get(id) ?? 0) < (indexOf.get(best) ?? 0) ? id : best;
    }, undefined);
  const path: string[] = [];
  for (let at = lowest(steps.map(({ id }) => id)); at !== undefined; at = lowest(needsOf(at))) path.push(at);
  return path.reverse();
}

/** A binary heap of list positions. */
class LowestFirst {
  readonly #heap: number[] = [];

  add(value: number): void {
    const heap = this.#heap;
    let at = heap.push(value) - 1;
    while (at > 0) {
      const up = (at - 1) >> 1;
      if ((heap[up] ?? 0) <= value) break;
      heap[at] = heap[up] ?? 0;
      at = up;
    }
    heap[at] = value;
  }

  take(): number | undefined {
    const heap = this.#heap;
    const least = heap[0];
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return least;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      if (left >= heap.length) break;
      const right = left + 1;
      const child = right < heap.length && (heap[right] ?? 0) < (heap[left] ?? 0) ? right : left;
      if ((heap[child] ?? 0) >= last) break;
      heap[at] = heap[child] ?? 0;
      at = child;
    }
    heap[at] = last;
    return least;
  }
}
