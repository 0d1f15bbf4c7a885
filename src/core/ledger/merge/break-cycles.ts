import type { BeadRecord, EdgeRecord } from "../jsonl/bead-record.ts";
import { compareBytes } from "../jsonl/parse-line.ts";

const orderTypes: ReadonlySet<string> = new Set([
  "blocks",
  "conditional-blocks",
  "waits-for",
  "parent-child",
]);

/**
 * Makes the order of the beads possible again: while there is a cycle (spec/01 §4.3), the youngest edge in it becomes
 * `related` (spec/01 §9.4). Returns the records that had to change, by id. Pure, so that every clone does the same.
 */
export function breakCycles(
  records: ReadonlyMap<string, BeadRecord>,
  isSettled: (status: string) => boolean,
): ReadonlyMap<string, BeadRecord> {
  const changed = new Map<string, BeadRecord>();
  const current = (id: string): BeadRecord | undefined => changed.get(id) ?? records.get(id);
  for (;;) {
    const edge = youngestEdgeInCycle(records, current, isSettled);
    const owner = edge === undefined ? undefined : current(edge.issue_id);
    if (edge === undefined || owner === undefined) return changed;
    changed.set(owner.id, { ...owner, dependencies: relate(owner.dependencies ?? [], edge) });
  }
}

function relate(edges: readonly EdgeRecord[], cut: EdgeRecord): readonly EdgeRecord[] {
  const related: EdgeRecord = {
    ...cut,
    type: "related",
    metadata: JSON.stringify({ was: cut.type, reason: "merge-cycle" }),
  };
  return edges
    .filter((edge) => edge !== cut && !(edge.depends_on_id === cut.depends_on_id && edge.type === "related"))
    .concat(related)
    .sort((a, b) => compareBytes(a.depends_on_id, b.depends_on_id) || compareBytes(a.type, b.type));
}

function youngestEdgeInCycle(
  records: ReadonlyMap<string, BeadRecord>,
  current: (id: string) => BeadRecord | undefined,
  isSettled: (status: string) => boolean,
): EdgeRecord | undefined {
  const needs = new Map<string, string[]>();
  const owners: { readonly edge: EdgeRecord; readonly from: string; readonly to: string }[] = [];
  const add = (edge: EdgeRecord | undefined, from: string, to: string): void => {
    const list = needs.get(from);
    if (list === undefined) needs.set(from, [to]);
    else list.push(to);
    if (edge !== undefined) owners.push({ edge, from, to });
  };
  const isActive = (id: string): boolean => {
    const record = records.get(id);
    return record !== undefined && !isSettled(record.status);
  };
  const children = new Map<string, string[]>();
  const ordered: EdgeRecord[] = [];
  for (const id of records.keys()) {
    if (!isActive(id)) continue;
    for (const edge of current(id)?.dependencies ?? []) {
      if (!orderTypes.has(edge.type)) continue;
      ordered.push(edge);
      if (edge.type !== "parent-child") continue;
      const siblings = children.get(edge.depends_on_id);
      if (siblings === undefined) children.set(edge.depends_on_id, [id]);
      else siblings.push(id);
    }
  }
  const inOrder = new Set<string>();
  for (const edge of ordered) {
    const { issue_id: from, depends_on_id: to, type } = edge;
    if (type === "waits-for") {
      for (const child of children.get(to) ?? []) if (child !== from) add(edge, `s:${from}`, `f:${child}`);
      for (const child of children.get(to) ?? []) inOrder.add(child);
    } else if (!isActive(to)) continue;
    else if (type === "parent-child") {
      add(edge, `s:${from}`, `s:${to}`);
      add(edge, `f:${to}`, `f:${from}`);
    } else add(edge, `s:${from}`, `f:${to}`);
    inOrder.add(from);
    inOrder.add(to);
  }
  for (const id of inOrder) add(undefined, `f:${id}`, `s:${id}`);
  const component = components(needs);
  const inCycle = owners.filter(({ from, to }) => from === to || component.get(from) === component.get(to));
  return inCycle.map(({ edge }) => edge).sort(youngestFirst)[0];
}

function youngestFirst(a: EdgeRecord, b: EdgeRecord): number {
  const difference = Date.parse(b.created_at) - Date.parse(a.created_at);
  return difference || compareBytes(pairText(b), pairText(a));
}

function pairText(edge: EdgeRecord): string {
  return `${edge.issue_id} ${edge.depends_on_id} ${edge.type}`;
}

/** Strongly connected components (Tarjan), without recursion: chains may be very long. */
export function components(graph: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, number> {
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const component = new Map<string, number>();
  const open: string[] = [];
  let count = 0;
  for (const root of graph.keys()) {
    if (index.has(root)) continue;
    const path: { readonly node: string; next: number }[] = [{ node: root, next: 0 }];
    while (path.length > 0) {
      const top = path.at(-1);
      if (top === undefined) break;
      const { node } = top;
      if (top.next === 0) {
        index.set(node, index.size);
        low.set(node, index.get(node) ?? 0);
        open.push(node);
      }
      const target = graph.get(node)?.[top.next];
      if (target !== undefined) {
        top.next++;
        if (!index.has(target)) path.push({ node: target, next: 0 });
        else if (!component.has(target)) low.set(node, Math.min(low.get(node) ?? 0, index.get(target) ?? 0));
        continue;
      }
      path.pop();
      const parent = path.at(-1);
      if (parent !== undefined) low.set(parent.node, Math.min(low.get(parent.node) ?? 0, low.get(node) ?? 0));
      if (low.get(node) !== index.get(node)) continue;
      for (let member = open.pop(); member !== undefined; member = open.pop()) {
        component.set(member, count);
        if (member === node) break;
      }
      count++;
    }
  }
  return component;
}
