import type { BeadId } from "../bead.ts";
import type { Statuses } from "../statuses.ts";
import type { LedgerDatabase } from "./database.ts";

/**
 * The order of all starts and finishes (spec/01 §4.3). Every bead X has two nodes: `s:X` and `f:X`. "u needs v" means
 * that v must happen before u:
 * f:X needs s:X; s:B needs f:A for a blocking edge B -> A (for waits-for: f of each child of A but B);
 * s:child needs s:parent; f:parent needs f:child. Settled beads are out of it.
 */
interface EdgeEnds {
  readonly from: BeadId;
  readonly to: string;
  readonly type: string;
}

/** The beads of a cycle that runs through this stored edge, first one repeated at the end; undefined when there is none. */
export function findCycle(
  database: LedgerDatabase,
  statuses: Statuses,
  edge: EdgeEnds,
): readonly BeadId[] | undefined {
  const { from, to, type } = edge;
  if (!isActive(database, statuses, from)) return undefined;
  const path = (start: string, goal: string) => findPath(database, statuses, start, goal);
  const isTargetActive = isActive(database, statuses, to);
  switch (type) {
    case "parent-child":
      // The edge adds "start of the child needs start of the parent" and "finish of the parent needs finish of the child".
      return (
        (isTargetActive ? (path(`s:${to}`, `s:${from}`) ?? path(`f:${from}`, `f:${to}`)) : undefined) ??
        waiterCycle(database, statuses, edge)
      );
    case "waits-for":
      // Who waits for a spawner waits for its children, whatever became of the spawner itself.
      return path(`s:${from}`, `s:${from}`);
    case "blocks":
    case "conditional-blocks":
      return isTargetActive ? path(`f:${to}`, `s:${from}`) : undefined;
    default:
      return undefined;
  }
}

function isActive(database: LedgerDatabase, statuses: Statuses, id: string): boolean {
  const status = database.value<string>("SELECT status FROM issues WHERE id = ?", id);
  return status !== undefined && !statuses.isSettled(status);
}

/** A cycle through a bead that has become active again. */
export function findCycleThrough(
  database: LedgerDatabase,
  statuses: Statuses,
  id: BeadId,
): readonly BeadId[] | undefined {
  return (
    findPath(database, statuses, `s:${id}`, `s:${id}`) ?? findPath(database, statuses, `f:${id}`, `f:${id}`)
  );
}

/** A new child makes those who wait for its parent's children need its finish. */
function waiterCycle(
  database: LedgerDatabase,
  statuses: Statuses,
  edge: EdgeEnds,
): readonly BeadId[] | undefined {
  const waiters = database.values<string>(
    "SELECT issue_id FROM dependencies WHERE depends_on_id = ? AND type = 'waits-for' AND issue_id <> ?",
    edge.to,
    edge.from,
  );
  for (const waiter of waiters) {
    const path = findPath(database, statuses, `f:${edge.from}`, `s:${waiter}`);
    if (path !== undefined) return path;
  }
  return undefined;
}

/**
 * Looks for a way from a node along "needs" to the goal and returns the beads on it, closed to a ring. It searches from
 * both ends in turns: one of them is nearly always a dead end within a few steps, however long the other chain is.
 */
function findPath(
  database: LedgerDatabase,
  statuses: Statuses,
  start: string,
  goal: string,
): readonly BeadId[] | undefined {
  const graph = new NeedsGraph(database, statuses);
  const forward = new Search(start, (node) => graph.needs(node));
  const backward = new Search(goal, (node) => graph.neededBy(node));
  for (;;) {
    const met = forward.step(backward);
    if (met !== undefined) return ring([...forward.pathTo(met).reverse(), ...backward.pathTo(met).slice(1)]);
    if (forward.isExhausted) return undefined;
    const metBack = backward.step(forward);
    if (metBack !== undefined)
      return ring([...forward.pathTo(metBack).reverse(), ...backward.pathTo(metBack).slice(1)]);
    if (backward.isExhausted) return undefined;
  }
}

/** One end of a search: what was reached, from where, and what is still to be looked at. */
class Search {
  private readonly root: string;
  private readonly neighbours: (node: string) => readonly string[];
  /** The node by which each node was reached. */
  private readonly origin = new Map<string, string>();
  private readonly open: string[];

  constructor(root: string, neighbours: (node: string) => readonly string[]) {
    this.root = root;
    this.neighbours = neighbours;
    this.open = [root];
  }

  get isExhausted(): boolean {
    return this.open.length === 0;
  }

  has(node: string): boolean {
    return node === this.root || this.origin.has(node);
  }

  /** Looks at the neighbours of one node; returns one that the other end has reached too. */
  step(other: Search): string | undefined {
    const node = this.open.pop();
    if (node === undefined) return undefined;
    for (const next of this.neighbours(node)) {
      const isNew = !this.origin.has(next);
      if (isNew) this.origin.set(next, node);
      if (other.has(next)) return next;
      if (isNew && next !== this.root) this.open.push(next);
    }
    return undefined;
  }

  /** From the node back to the root. */
  pathTo(node: string): string[] {
    const path = [node];
    for (
      let at = this.origin.get(node);
      at !== undefined;
      at = at === this.root ? undefined : this.origin.get(at)
    )
      path.push(at);
    return path;
  }
}

/** The beads of a closed way, each once, from the one that got the edge all the way round to it. */
function ring(nodes: readonly string[]): readonly BeadId[] {
  const last = nodes.at(-1) ?? "";
  const beads: BeadId[] = [last.slice(2)];
  for (const node of nodes) if (beads.at(-1) !== node.slice(2)) beads.push(node.slice(2));
  return beads.length === 1 ? [...beads, ...beads] : beads;
}

class NeedsGraph {
  private readonly ofStart;
  private readonly ofFinish;
  private readonly waitingForStart;
  private readonly waitingForFinish;

  constructor(database: LedgerDatabase, statuses: Statuses) {
    const active = `NOT IN (${statuses.settledSql})`;
    this.ofStart = database.pluck(
      `SELECT iif(d.type = 'parent-child', 's:', 'f:') || d.depends_on_id FROM dependencies d
         JOIN issues i ON i.id = d.depends_on_id
         WHERE d.issue_id = ?1 AND d.type IN ('blocks', 'conditional-blocks', 'parent-child') AND i.status ${active}
         UNION ALL
         SELECT 'f:' || c.issue_id FROM dependencies d
         JOIN dependencies c ON c.depends_on_id = d.depends_on_id AND c.type = 'parent-child' AND c.issue_id <> ?1
         JOIN issues i ON i.id = c.issue_id
         WHERE d.issue_id = ?1 AND d.type = 'waits-for' AND i.status ${active}`,
    );
    this.ofFinish = database.pluck(
      `SELECT 'f:' || d.issue_id FROM dependencies d JOIN issues i ON i.id = d.issue_id
         WHERE d.depends_on_id = ? AND d.type = 'parent-child' AND i.status ${active}`,
    );
    this.waitingForStart = database.pluck(
      `SELECT 's:' || d.issue_id FROM dependencies d JOIN issues i ON i.id = d.issue_id
       WHERE d.depends_on_id = ? AND d.type = 'parent-child' AND i.status ${active}`,
    );
    this.waitingForFinish = database.pluck(
      `SELECT 's:' || d.issue_id FROM dependencies d JOIN issues i ON i.id = d.issue_id
       WHERE d.depends_on_id = ?1 AND d.type IN ('blocks', 'conditional-blocks') AND i.status ${active}
       UNION ALL
       SELECT 'f:' || d.depends_on_id FROM dependencies d JOIN issues i ON i.id = d.depends_on_id
       WHERE d.issue_id = ?1 AND d.type = 'parent-child' AND i.status ${active}
       UNION ALL
       SELECT 's:' || w.issue_id FROM dependencies d
       JOIN dependencies w ON w.depends_on_id = d.depends_on_id AND w.type = 'waits-for' AND w.issue_id <> ?1
       JOIN issues i ON i.id = w.issue_id
       WHERE d.issue_id = ?1 AND d.type = 'parent-child' AND i.status ${active}`,
    );
  }

  needs(node: string): readonly string[] {
    const id = node.slice(2);
    if (node.startsWith("s:")) return this.ofStart.all({ 1: id }) as string[];
    return [`s:${id}`, ...(this.ofFinish.all(id) as string[])];
  }

  neededBy(node: string): readonly string[] {
    const id = node.slice(2);
    if (node.startsWith("s:")) return [`f:${id}`, ...(this.waitingForStart.all(id) as string[])];
    return this.waitingForFinish.all({ 1: id }) as string[];
  }
}
