import { GtError } from "../../gt-error.ts";
import type { BeadId } from "../bead.ts";
import type { CloseOptions } from "../operation.ts";
import { outcomeOfReason } from "../outcome.ts";
import { templateError } from "../validate-bead.ts";
import type { Batch } from "./batch.ts";
import type { BeadRow } from "./bead-row.ts";
import { storeClosed } from "./store-columns.ts";

/** Closes a bead by the rules of spec/01 §5.3; a closed one stays as it is. */
export function closeBead(batch: Batch, id: BeadId, options: CloseOptions): void {
  const row = batch.bead(id);
  if (row.is_template === 1) throw templateError(row.id);
  if (row.status === "closed") return;
  if (options.force !== true) checkClosable(batch, row);
  const reason = options.reason.trim() === "" ? "Closed" : options.reason;
  storeClosed(batch, row, reason, options.outcome || outcomeOfReason(reason), options.session);
}

function checkClosable(batch: Batch, row: BeadRow): void {
  const { database, context } = batch;
  const settled = context.statuses.settledSql;
  if (row.pinned === 1 || row.status === "pinned")
    throw refused(`cannot modify pinned issue ${row.id}`, `bd unpin ${row.id}`);
  if (row.issue_type === "epic") {
    const open = database.value<number>(
      `SELECT count(*) FROM dependencies d JOIN issues c ON c.id = d.issue_id
       WHERE d.depends_on_id = ? AND d.type = 'parent-child' AND c.status NOT IN (${settled})`,
      row.id,
    );
    if (open !== undefined && open > 0)
      throw refused(`cannot close epic ${row.id}: ${open} open child issue(s)`, `bd children ${row.id}`);
  }
  const blockers = activeBlockers(batch, row.id);
  if (blockers.length > 0)
    throw refused(
      `cannot close ${row.id}: blocked by open issues [${blockers.join(" ")}]`,
      `bd close ${row.id} --force`,
    );
}

function activeBlockers(batch: Batch, id: BeadId): readonly string[] {
  return batch.database.values<string>(
    `SELECT DISTINCT a.id FROM dependencies d JOIN issues a ON a.id = d.depends_on_id
     WHERE d.issue_id = ? AND d.type IN ('blocks', 'conditional-blocks')
       AND a.status NOT IN (${batch.context.statuses.settledSql}) ORDER BY a.id`,
    id,
  );
}

function refused(message: string, hint: string): GtError {
  return new GtError("E_REFUSED", message, { hint });
}
