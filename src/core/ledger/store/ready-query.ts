import type { Bead, Time } from "../bead.ts";
import { neverReadyTypes } from "../bead-types.ts";
import type { ReadyFilter } from "../ledger.ts";
import type { Statuses } from "../statuses.ts";
import { conditionsOf, orderOf } from "./bead-filter.ts";
import { type BeadRow, beadColumns, toBead } from "./bead-row.ts";
import type { LedgerDatabase } from "./database.ts";

const defaultLimit = 100;

/** Beads that somebody may start now (spec/01 §4.4). */
export function readyBeads(
  database: LedgerDatabase,
  statuses: Statuses,
  filter: ReadyFilter,
  now: Time,
): readonly Bead[] {
  const { where, params } = conditionsOf(filter);
  const conditions = [
    ...["i.is_blocked = 0", "i.pinned = 0", "i.is_template = 0"],
    // A step that only holds other steps closes by itself (spec/02 §8.2).
    "(i.issue_type <> 'epic' OR json_extract(i.metadata, '$.step.container') IS NULL)",
    ...where,
  ];
  const values: (string | number)[] = [...params];
  if (filter.includeDeferred === true) conditions.push(`i.status IN (${statuses.readySql}, 'deferred')`);
  else conditions.push(statuses.hasCustomActive ? `i.status IN (${statuses.readySql})` : "i.status = 'open'");
  if (filter.includeEphemeral !== true && filter.ephemeral === undefined) conditions.push("i.ephemeral = 0");
  const excluded = [...(filter.type === undefined ? neverReadyTypes : []), ...(filter.excludeType ?? [])];
  if (excluded.length > 0) {
    conditions.push("i.issue_type NOT IN (SELECT value FROM json_each(?))");
    values.push(JSON.stringify(excluded));
  }
  if (filter.includeDeferred !== true) {
    conditions.push("(i.defer_until IS NULL OR i.defer_until <= ?)");
    values.push(now);
    const frozen = frozenDescendants(database, now);
    if (frozen.length > 0) {
      conditions.push("i.id NOT IN (SELECT value FROM json_each(?))");
      values.push(JSON.stringify(frozen));
    }
  }
  const usesIndex =
    filter.includeDeferred !== true &&
    !statuses.hasCustomActive &&
    filter.includeEphemeral !== true &&
    filter.ephemeral === undefined &&
    filter.ids === undefined &&
    (filter.sort ?? "priority") === "priority";
  const limit = filter.limit ?? defaultLimit;
  const rows = database.all<BeadRow>(
    `SELECT ${beadColumns} FROM issues i ${usesIndex ? "INDEXED BY issues_ready" : ""}
     WHERE ${conditions.join(" AND ")} ORDER BY ${orderOf(filter, now)} LIMIT ?`,
    ...values,
    limit <= 0 ? -1 : limit,
  );
  return rows.map(toBead);
}

/** Everything below a deferred bead; few beads are deferred, so this starts from them. */
function frozenDescendants(database: LedgerDatabase, now: Time): readonly string[] {
  return database.values<string>(
    `WITH RECURSIVE below(id) AS (
       SELECT d.issue_id FROM issues i JOIN dependencies d ON d.depends_on_id = i.id AND d.type = 'parent-child'
       WHERE i.status = 'deferred' OR i.defer_until > ?
       UNION
       SELECT d.issue_id FROM below b JOIN dependencies d ON d.depends_on_id = b.id AND d.type = 'parent-child')
     SELECT id FROM below`,
    now,
  );
}
