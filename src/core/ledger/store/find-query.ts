import type { Bead, Time } from "../bead.ts";
import type { BeadFilter } from "../ledger.ts";
import { conditionsOf, orderOf } from "./bead-filter.ts";
import { type BeadRow, beadColumns, toBead } from "./bead-row.ts";
import type { LedgerDatabase } from "./database.ts";

/** Beads that match a filter, in the order that it asks for. */
export function findBeads(database: LedgerDatabase, filter: BeadFilter, now: Time): readonly Bead[] {
  if (filter.sort === "id") return inOrderOfIds(database, filter, now);
  const { where, params } = conditionsOf(filter);
  const rows = database.all<BeadRow>(
    `SELECT ${beadColumns} FROM issues i ${whereClause(where)} ORDER BY ${orderOf(filter, now)} LIMIT ?`,
    ...params,
    filter.limit === undefined || filter.limit <= 0 ? -1 : filter.limit,
  );
  return rows.map(toBead);
}

/** SQL compares ids as text; numbers in them are compared as numbers here, and only the wanted beads are read whole. */
function inOrderOfIds(database: LedgerDatabase, filter: BeadFilter, now: Time): readonly Bead[] {
  const { where, params } = conditionsOf(filter);
  const ids = database
    .values<string>(`SELECT i.id FROM issues i ${whereClause(where)}`, ...params)
    .sort(new Intl.Collator("en", { numeric: true }).compare);
  if (filter.reverse === true) ids.reverse();
  const wanted = filter.limit === undefined || filter.limit <= 0 ? ids : ids.slice(0, filter.limit);
  const beads = findBeads(database, { ids: wanted, sort: "created" }, now);
  const byId = new Map(beads.map((bead) => [bead.id, bead]));
  return wanted.flatMap((id) => byId.get(id) ?? []);
}

function whereClause(where: readonly string[]): string {
  return where.length === 0 ? "" : `WHERE ${where.join(" AND ")}`;
}
