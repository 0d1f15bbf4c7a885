import type { Statuses } from "../statuses.ts";
import type { LedgerDatabase } from "./database.ts";

/**
 * Keeps the stored column `is_blocked` equal to its definition (spec/01 §4.2). A batch collects the beads whose state may
 * have changed and settles them all once, before it commits.
 */
export class BlockedState {
  private readonly seeds = new Set<string>();
  private readonly database: LedgerDatabase;
  private readonly statuses: Statuses;

  constructor(database: LedgerDatabase, statuses: Statuses) {
    this.database = database;
    this.statuses = statuses;
  }

  /** The bead's own state may have changed: it got or lost an edge. */
  touch(id: string): void {
    this.seeds.add(id);
  }

  /** The bead appeared, disappeared or crossed the line between active and settled. */
  touchWithDependents(id: string): void {
    this.seeds.add(id);
    const dependents = this.database.values<string>(
      "SELECT issue_id FROM dependencies WHERE depends_on_id = ? AND type IN ('blocks', 'conditional-blocks', 'waits-for', 'parent-child')",
      id,
    );
    for (const dependent of dependents) this.seeds.add(dependent);
    this.touchWaitersOfParents(id);
  }

  /** Beads that wait for the children of this bead's parents. */
  touchWaitersOfParents(id: string): void {
    const waiting = this.database.values<string>(
      `SELECT w.issue_id FROM dependencies p JOIN dependencies w ON w.depends_on_id = p.depends_on_id AND w.type = 'waits-for'
       WHERE p.issue_id = ? AND p.type = 'parent-child'`,
      id,
    );
    for (const waiter of waiting) this.seeds.add(waiter);
  }

  /** Beads that wait for the children of `spawner`. */
  touchWaitersOf(spawner: string): void {
    const waiting = this.database.values<string>(
      "SELECT issue_id FROM dependencies WHERE depends_on_id = ? AND type = 'waits-for'",
      spawner,
    );
    for (const waiter of waiting) this.seeds.add(waiter);
  }

  /** Re-evaluates the touched beads and, where one changed, its children, until nothing changes. */
  settle(): void {
    const stored = this.database.pluck("SELECT is_blocked FROM issues WHERE id = ?");
    const evaluate = this.database.pluck(isBlockedSql(this.statuses));
    const store = this.database.prepare("UPDATE issues SET is_blocked = ? WHERE id = ?");
    const children = this.database.pluck(
      "SELECT issue_id FROM dependencies WHERE depends_on_id = ? AND type = 'parent-child'",
    );
    const queue = [...this.seeds];
    this.seeds.clear();
    for (let id = queue.pop(); id !== undefined; id = queue.pop()) {
      const before = stored.get(id);
      if (before === undefined) continue;
      const now = evaluate.get(id);
      if (now === before) continue;
      store.run(now, id);
      for (const child of children.all(id)) queue.push(child as string);
    }
  }
}

/** Recomputes the whole column from scratch; returns the ids that were wrong. */
export function recomputeBlockedState(database: LedgerDatabase, statuses: Statuses): readonly string[] {
  const drift = database.all<{ id: string; blocked: number }>(driftSql(statuses));
  for (const { id, blocked } of drift)
    database.run("UPDATE issues SET is_blocked = ? WHERE id = ?", blocked, id);
  return drift.map(({ id }) => id);
}

/** Ids of beads whose stored state differs from its definition. */
export function findBlockedDrift(database: LedgerDatabase, statuses: Statuses): readonly string[] {
  return database.values<string>(driftSql(statuses));
}

/** Rules 1 to 4 of spec/01 §4.2 as a condition on an active bead `i`. */
function directRules(statuses: Statuses): string {
  const settled = statuses.settledSql;
  return `(
    EXISTS (SELECT 1 FROM dependencies d JOIN issues a ON a.id = d.depends_on_id
      WHERE d.issue_id = i.id AND d.type IN ('blocks', 'conditional-blocks') AND a.status NOT IN (${settled}))
    OR EXISTS (SELECT 1 FROM dependencies d
      WHERE d.issue_id = i.id AND d.type = 'waits-for'
        AND EXISTS (SELECT 1 FROM dependencies p JOIN issues c ON c.id = p.issue_id
          WHERE p.depends_on_id = d.depends_on_id AND p.type = 'parent-child'
            AND c.id <> i.id AND c.status NOT IN (${settled}))
        AND NOT (iif(json_valid(d.metadata), ifnull(json_extract(d.metadata, '$.gate'), ''), '') = 'any-children'
          AND EXISTS (SELECT 1 FROM dependencies p JOIN issues c ON c.id = p.issue_id
            WHERE p.depends_on_id = d.depends_on_id AND p.type = 'parent-child' AND c.status = 'closed')))
    OR EXISTS (SELECT 1 FROM dependencies d
      WHERE d.issue_id = i.id AND d.type IN ('blocks', 'conditional-blocks', 'waits-for')
        AND d.depends_on_id LIKE 'external:%'
        AND NOT EXISTS (SELECT 1 FROM external_refs x WHERE x.ref = d.depends_on_id AND x.resolved = 1)))`;
}

function isBlockedSql(statuses: Statuses): string {
  return `SELECT i.status NOT IN (${statuses.settledSql}) AND (${directRules(statuses)}
    OR EXISTS (SELECT 1 FROM dependencies d JOIN issues p ON p.id = d.depends_on_id
      WHERE d.issue_id = i.id AND d.type = 'parent-child' AND p.is_blocked = 1))
    FROM issues i WHERE i.id = ?`;
}

function driftSql(statuses: Statuses): string {
  // The CTE starts from edges, not from beads: most beads have no blocking edge.
  return `WITH RECURSIVE
    direct(id) AS (
      SELECT i.id FROM issues i
      WHERE i.id IN (SELECT issue_id FROM dependencies WHERE type IN ('blocks', 'conditional-blocks', 'waits-for'))
        AND i.status NOT IN (${statuses.settledSql}) AND ${directRules(statuses)}),
    blocked(id) AS (
      SELECT id FROM direct
      UNION
      SELECT c.id FROM blocked b JOIN dependencies d ON d.depends_on_id = b.id AND d.type = 'parent-child'
        JOIN issues c ON c.id = d.issue_id AND c.status NOT IN (${statuses.settledSql}))
    SELECT id, 1 AS blocked FROM blocked WHERE id IN (SELECT id FROM issues WHERE is_blocked = 0)
    UNION ALL
    SELECT id, 0 FROM issues WHERE is_blocked = 1 AND id NOT IN (SELECT id FROM blocked)`;
}
