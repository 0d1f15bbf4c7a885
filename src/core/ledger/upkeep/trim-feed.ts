import type { SqliteLedger } from "../store/sqlite-ledger.ts";

/** Rows of deleted beads stay this long, so that readers who were away still learn of the deletion. */
const keptMs = 7 * 24 * 3600 * 1000;

/** Removes feed rows of beads that were deleted long ago; those of living beads are kept for ever (spec/01 §7.4). */
export async function trimFeed(ledger: SqliteLedger): Promise<number> {
  const { database } = ledger;
  return database.write(() => {
    const gone = database.values<string>(
      `SELECT DISTINCT issue_id FROM events e WHERE event_type = 'deleted' AND created_at < ?
         AND NOT EXISTS (SELECT 1 FROM issues i WHERE i.id = e.issue_id) LIMIT 1000`,
      ledger.clock.now() - keptMs,
    );
    if (gone.length === 0) return 0;
    const list = JSON.stringify(gone);
    const highest = database.value<number>(
      "SELECT max(seq) FROM events WHERE issue_id IN (SELECT value FROM json_each(?))",
      list,
    );
    const removed = database.run(
      "DELETE FROM events WHERE issue_id IN (SELECT value FROM json_each(?))",
      list,
    );
    database.run(
      `INSERT INTO meta (key, value) VALUES ('feed_floor', ?)
       ON CONFLICT (key) DO UPDATE SET value = max(CAST(value AS INTEGER), CAST(excluded.value AS INTEGER))`,
      String(highest ?? 0),
    );
    return removed;
  });
}
