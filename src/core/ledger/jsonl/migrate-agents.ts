import type { BeadRow } from "../store/bead-row.ts";
import type { SqliteLedger } from "../store/sqlite-ledger.ts";
import { formatRecord } from "./bead-record.ts";
import { importText } from "./import-records.ts";
import { recordOfRow } from "./stored-record.ts";

/**
 * Beads of agents whose facts still stand in the description, as older programs wrote them, get a row of their own (spec/01
 * §6.3): what an import does, for beads that are here already. Returns their ids.
 */
export async function migrateAgents(
  ledger: SqliteLedger,
  options: { readonly actor: string; readonly scope: string; readonly dryRun?: boolean },
): Promise<readonly string[]> {
  const rows = ledger.database.all<BeadRow>(
    `SELECT * FROM issues i WHERE (issue_type = 'agent' OR EXISTS (SELECT 1 FROM labels WHERE issue_id = i.id AND label = 'gt:agent'))
       AND NOT EXISTS (SELECT 1 FROM agents a WHERE a.id = i.id) AND is_template = 0 ORDER BY id`,
  );
  if (rows.length > 0 && options.dryRun !== true) {
    const lines = rows.map((row) => formatRecord(recordOfRow(ledger.database, row)));
    const { actor, scope } = options;
    const now = ledger.clock.now();
    await importText(ledger, lines.join("\n"), { actor, scope, now, mode: "replace", allowForeign: true });
  }
  return rows.map(({ id }) => id);
}
