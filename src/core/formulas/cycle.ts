/**
 * A cycle among the nodes as a path back to its start, beginning with its smallest id; undefined when there is none.
 * Without recursion: molecules are thousands of steps deep.
 */
export function findCycle(
  ids: readonly string[],
  needsOf: (id: string) => readonly string[],
): readonly string[] | undefined {
  const done = new Set<string>();
  for (const start of ids) {
    if (done.has(start)) continue;
    const path: string[] = [];
    const onPath = new Set<string>();
    const open: { readonly id: string; readonly needs: readonly string[]; next: number }[] = [];
    const enter = (id: string) => {
      path.push(id);
      onPath.add(id);
      open.push({ id, needs: needsOf(id), next: 0 });
    };
    enter(start);
    for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
      const need = top.needs[top.next++];
      if (need === undefined) {
        open.pop();
        path.pop();
        onPath.delete(top.id);
        done.add(top.id);
      } else if (onPath.has(need)) return rotated(path.slice(path.indexOf(need)));
      else if (!done.has(need)) enter(need);
    }
  }
  return undefined;
}

function rotated(cycle: readonly string[]): readonly string[] {
  const smallest = cycle.reduce((least, id) => (id < least ? id : least));
  const at = cycle.indexOf(smallest);
  return [...cycle.slice(at), ...cycle.slice(0, at), smallest];
}
