import type { Time } from "../bead.ts";
import type { BeadFilter, BlockedBead } from "../ledger.ts";
import type { Statuses } from "../statuses.ts";
import { conditionsOf, orderOf } from "./bead-filter.ts";
import { type BeadRow, beadColumns, toBead } from "./bead-row.ts";
import type { LedgerDatabase } from "./database.ts";

/** Active beads that something stands in the way of, each with what (spec/01 §4.4). */
export function blockedBeads(
  database: LedgerDatabase,
  statuses: Statuses,
  filter: BeadFilter,
  now: Time,
): readonly BlockedBead[] {
  const { where, params } = conditionsOf(filter);
  const rows = database.all<BeadRow>(
    `SELECT ${beadColumns} FROM issues i WHERE ${["i.is_blocked = 1", ...where].join(" AND ")}
     ORDER BY ${orderOf(filter, now)} LIMIT ?`,
    ...params,
    filter.limit === undefined || filter.limit <= 0 ? -1 : filter.limit,
  );
  const blockers = database.pluck(blockersSql(statuses));
  const parent = database.pluck(
    "SELECT depends_on_id FROM dependencies WHERE issue_id = ? AND type = 'parent-child'",
  );
  return rows.map((row) => {
    const direct = blockers.all({ id: row.id }) as string[];
    return { ...toBead(row), blockedBy: direct.length > 0 ? direct : (parent.all(row.id) as string[]) };
  });
}

/** Ids of active direct blockers of the bead `$id` (rules 1 to 4 of spec/01 §4.2). */
export function blockersSql(statuses: Statuses): string {
  const settled = statuses.settledSql;
  return `SELECT d.depends_on_id FROM dependencies d LEFT JOIN issues a ON a.id = d.depends_on_id
    WHERE d.issue_id = $id AND (
      (d.type IN ('blocks', 'conditional-blocks') AND a.status NOT IN (${settled}))
      OR (d.type IN ('blocks', 'conditional-blocks', 'waits-for') AND d.depends_on_id LIKE 'external:%'
        AND NOT EXISTS (SELECT 1 FROM external_refs x WHERE x.ref = d.depends_on_id AND x.resolved = 1))
      OR (d.type = 'waits-for'
        AND EXISTS (SELECT 1 FROM dependencies p JOIN issues c ON c.id = p.issue_id
          WHERE p.depends_on_id = d.depends_on_id AND p.type = 'parent-child' AND c.id <> $id AND c.status NOT IN (${settled}))
        AND NOT (iif(json_valid(d.metadata), ifnull(json_extract(d.metadata, '$.gate'), ''), '') = 'any-children'
          AND EXISTS (SELECT 1 FROM dependencies p JOIN issues c ON c.id = p.issue_id
            WHERE p.depends_on_id = d.depends_on_id AND p.type = 'parent-child' AND c.status = 'closed'))))
    GROUP BY d.depends_on_id ORDER BY d.depends_on_id`;
}
