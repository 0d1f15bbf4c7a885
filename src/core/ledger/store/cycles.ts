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
  if (!isActive(database, statuses, edge.from) || !isActive(database, statuses, edge.to)) return undefined;
  if (edge.type === "parent-child") {
    // The edge adds "start of the child needs start of the parent" and "finish of the parent needs finish of the child".
    return (
      findPath(database, statuses, `s:${edge.to}`, `s:${edge.from}`) ??
      findPath(database, statuses, `f:${edge.from}`, `f:${edge.to}`) ??
      waiterCycle(database, statuses, edge)
    );
  }
  if (edge.type === "waits-for") {
    return findPath(database, statuses, `s:${edge.from}`, `s:${edge.from}`);
  }
  if (edge.type !== "blocks" && edge.type !== "conditional-blocks") return undefined;
  return findPath(database, statuses, `f:${edge.to}`, `s:${edge.from}`);
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

/** Follows "needs" from a node and returns the beads on the way to the goal, closed to a ring. */
function findPath(
  database: LedgerDatabase,
  statuses: Statuses,
  start: string,
  goal: string,
): readonly BeadId[] | undefined {
  if (!isNeeded(database, goal)) return undefined;
  const graph = new NeedsGraph(database, statuses);
  const origin = new Map<string, string>();
  const stack = [start];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    for (const needed of graph.needs(node)) {
      if (needed === goal) return ring(origin, start, node, goal);
      if (origin.has(needed) || needed === start) continue;
      origin.set(needed, node);
      stack.push(needed);
    }
  }
  return undefined;
}

/** Whether anything but the bead itself can need the node; most beads that get an edge are needed by nobody. */
function isNeeded(database: LedgerDatabase, goal: string): boolean {
  const id = goal.slice(2);
  return (
    database.value(
      `SELECT 1 FROM dependencies WHERE depends_on_id = ? AND type IN ('blocks', 'conditional-blocks', 'waits-for', 'parent-child')
       UNION ALL SELECT 1 FROM dependencies WHERE issue_id = ? AND type = 'parent-child' LIMIT 1`,
      id,
      id,
    ) !== undefined
  );
}

function ring(
  origin: ReadonlyMap<string, string>,
  start: string,
  last: string,
  goal: string,
): readonly BeadId[] {
  const nodes = [goal, last];
  for (let node = last; node !== start; ) {
    const before = origin.get(node);
    if (before === undefined) break;
    nodes.push(before);
    node = before;
  }
  const beads: BeadId[] = [];
  for (const node of nodes.reverse()) if (beads.at(-1) !== node.slice(2)) beads.push(node.slice(2));
  // It reads from the bead that got the edge, all the way round to it.
  if (beads.length === 1 || beads[0] !== beads.at(-1)) beads.unshift(goal.slice(2));
  return beads;
}

class NeedsGraph {
  private readonly ofStart;
  private readonly ofFinish;

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
  }

  needs(node: string): readonly string[] {
    const id = node.slice(2);
    if (node.startsWith("s:")) return this.ofStart.all({ 1: id }) as string[];
    return [`s:${id}`, ...(this.ofFinish.all(id) as string[])];
  }
}
