import { queueView } from "../../../core/merge/queue-view.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { requestDocument } from "./mq-document.ts";
import { chooseRig } from "./mq-rig.ts";

/** `gt refinery unclaimed` (spec/05 §4.2). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const rig = await chooseRig(context, context.args[0]);
  const { ledger, clock } = await context.access();
  const rows = (await queueView(ledger, rig, clock.now())).rows.filter(
    (row) => row.mr.assignee === "" && row.status !== "closed",
  );
  out.document(rows.map(requestDocument));
  if (out.json) return;
  if (rows.length === 0) out.line(`Every request of ${rig.name} is claimed.`);
  for (const row of rows) out.line(`${row.mr.id} ${row.status} ${sanitiseLine(row.mr.branch)}`);
}
