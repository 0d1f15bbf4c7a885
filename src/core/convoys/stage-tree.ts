import type { Bead, BeadId, Dependency } from "../ledger/bead.ts";

/** Collected work as it hangs together by `parent-child`. */
export interface TreeNode {
  readonly id: BeadId;
  readonly title: string;
  readonly type: string;
  readonly status: string;
  readonly rig: string;
  readonly children: readonly TreeNode[];
}

/** Beads whose parent was not collected are at the top, in id order; a bead of several parents hangs below the first. */
export function stageTree(
  beads: readonly Bead[],
  edges: readonly Pick<Dependency, "from" | "to" | "type">[],
): readonly TreeNode[] {
  const byId = new Map(beads.map((bead) => [bead.id, bead]));
  const parentOf = new Map<BeadId, BeadId>();
  for (const { from, to, type } of edges) {
    if (type !== "parent-child" || !byId.has(from) || !byId.has(to)) continue;
    const other = parentOf.get(from);
    if (other === undefined || to < other) parentOf.set(from, to);
  }
  const childrenOf = new Map<BeadId, BeadId[]>();
  const top: BeadId[] = [];
  for (const id of [...byId.keys()].sort()) {
    const parent = parentOf.get(id);
    if (parent === undefined) top.push(id);
    else childrenOf.set(parent, [...(childrenOf.get(parent) ?? []), id]);
  }
  const node = (id: BeadId): TreeNode | undefined => {
    const bead = byId.get(id);
    if (bead === undefined) return undefined;
    const children = (childrenOf.get(id) ?? []).flatMap((child) => node(child) ?? []);
    return { id, title: bead.title, type: bead.type, status: bead.status, rig: bead.scope, children };
  };
  return top.flatMap((id) => node(id) ?? []);
}
