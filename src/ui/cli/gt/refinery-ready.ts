import { resolveCommit } from "../../../core/git/branch.ts";
import { mergeSettings } from "../../../core/merge/merge-settings.ts";
import { type QueueRow, queueView } from "../../../core/merge/queue-view.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { Rig } from "../../../core/town/town.ts";
import type { CommandContext } from "../command.ts";
import { requestDocument } from "./mq-document.ts";
import { chooseRig } from "./mq-rig.ts";

interface Anomaly {
  readonly id: string;
  readonly branch: string;
  readonly type: "stale-claim" | "orphaned-branch";
  readonly assignee: string;
  readonly age: number;
  readonly detail: string;
}

const staleMs = 2 * 60 * 60_000;
const criticalMs = 6 * 60 * 60_000;

/** `gt refinery ready` (spec/05 §4.2, §1.5). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const rig = await chooseRig(context, context.args[0]);
  const { ledger, clock, town } = await context.access();
  const now = clock.now();
  const { rows } = await queueView(ledger, rig, now);
  const { staleClaimMs } = mergeSettings(town.rigSettings(rig.name));
  const isExpired = (row: QueueRow) =>
    row.status === "active" && row.mr.run === "" && now - row.mr.updatedAt > staleClaimMs;
  const shown = rows.filter((row) => flags.boolean("all") || row.status === "ready" || isExpired(row));
  const anomalies = await anomaliesOf(rig, rows, now);
  const documents = await Promise.all(
    shown.map(async (row) => ({
      ...requestDocument(row),
      assignee: row.mr.assignee,
      branch_exists: await branchExists(rig, row),
    })),
  );
  out.document({ ready: documents, anomalies });
  if (out.json) return;
  if (shown.length === 0) out.line(`Nothing is ready in ${rig.name}.`);
  for (const row of shown)
    out.line(
      `${row.mr.id} ${row.status} ${sanitiseLine(row.mr.branch)}${row.mr.assignee === "" ? "" : ` (${sanitiseLine(row.mr.assignee)})`}`,
    );
  for (const anomaly of anomalies) out.warn(`${anomaly.id} ${anomaly.type}: ${sanitiseLine(anomaly.detail)}`);
}

async function branchExists(rig: Rig, { mr }: QueueRow): Promise<boolean> {
  return (
    (await resolveCommit(rig.repository, `refs/heads/${mr.branch}`)) !== undefined ||
    (await resolveCommit(rig.repository, `refs/remotes/origin/${mr.branch}`)) !== undefined
  );
}

async function anomaliesOf(rig: Rig, rows: readonly QueueRow[], now: number): Promise<readonly Anomaly[]> {
  const found: Anomaly[] = [];
  for (const row of rows) {
    const { mr } = row;
    const age = now - mr.updatedAt;
    const common = { id: mr.id, branch: mr.branch, assignee: mr.assignee, age };
    if (row.status === "active" && age >= staleMs)
      found.push({
        ...common,
        type: "stale-claim",
        detail: `untouched for ${Math.floor(age / 3_600_000)} h (${age >= criticalMs ? "critical" : "warning"})`,
      });
    if (!(await branchExists(rig, row)))
      found.push({ ...common, type: "orphaned-branch", detail: `there is no branch ${mr.branch}` });
  }
  return found;
}
