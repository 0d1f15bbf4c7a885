import { formatTime } from "../../clock.ts";
import { breakCycles } from "../merge/break-cycles.ts";
import type { SqliteLedger } from "../store/sqlite-ledger.ts";
import type { BeadRecord, EdgeRecord } from "./bead-record.ts";
import { canonical } from "./parse-line.ts";
import { readRecord, storeRecord } from "./stored-record.ts";

const orderTypes = "('blocks', 'conditional-blocks', 'waits-for', 'parent-child')";

/** Imported edges may contradict what was here; the youngest of a cycle becomes `related` (spec/01 §9.4). */
export async function breakStoredCycles(ledger: SqliteLedger, actor: string): Promise<void> {
  const { database } = ledger;
  const statuses = ledger.statuses();
  const rows = database.all<{ id: string; to: string; type: string; at: number; status: string }>(
    `SELECT d.issue_id AS id, d.depends_on_id AS "to", d.type, d.created_at AS at, i.status
     FROM dependencies d JOIN issues i ON i.id = d.issue_id
     WHERE d.type IN ${orderTypes} AND i.status NOT IN (${statuses.settledSql})`,
  );
  const graph = new Map<string, BeadRecord & { dependencies: EdgeRecord[] }>();
  const node = (id: string, status: string) => {
    let record = graph.get(id);
    if (record === undefined) {
      record = { ...emptyRecord, id, status, dependencies: [] };
      graph.set(id, record);
    }
    return record;
  };
  for (const row of rows)
    node(row.id, row.status).dependencies.push({
      issue_id: row.id,
      depends_on_id: row.to,
      type: row.type,
      created_at: formatTime(row.at),
    });
  const targets = new Set(rows.map(({ to }) => to).filter((id) => !graph.has(id)));
  const active = database.all<{ id: string; status: string }>(
    "SELECT id, status FROM issues WHERE id IN (SELECT value FROM json_each(?))",
    JSON.stringify([...targets]),
  );
  for (const { id, status } of active) node(id, status);
  const changed = breakCycles(graph, (status) => statuses.isSettled(status));
  if (changed.size === 0) return;
  await ledger.apply(actor, (batch) => {
    for (const { id, dependencies = [] } of changed.values()) {
      const record = readRecord(database, id);
      if (record === undefined) continue;
      const cut = dependencies.filter(({ type }) => type === "related");
      const kept = (record.dependencies ?? []).filter(
        (edge) =>
          !cut.some(
            (related) =>
              related.depends_on_id === edge.depends_on_id &&
              JSON.parse(String(related["metadata"])).was === edge.type,
          ),
      );
      storeRecord(
        batch,
        canonical({ ...record, updated_at: formatTime(batch.now), dependencies: [...kept, ...cut] }),
        batch.bead(id).scope,
      );
      batch.record({ id, scope: batch.bead(id).scope, type: "merged", new: { dependencies: cut } });
    }
  });
}

const emptyRecord: BeadRecord = {
  id: "",
  title: "",
  status: "open",
  priority: 2,
  issue_type: "task",
  created_at: "",
  updated_at: "",
};
