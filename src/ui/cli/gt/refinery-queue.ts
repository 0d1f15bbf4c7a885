import { queueView } from "../../../core/merge/queue-view.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { requestDocument } from "./mq-document.ts";
import { chooseRig } from "./mq-rig.ts";

const marks = { active: "processing", "needs-fix": "needs-rework", quarantined: "needs-rework" } as const;

/** `gt refinery queue` (spec/05 §4.2). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const rig = await chooseRig(context, context.args[0]);
  const { ledger, clock } = await context.access();
  const { rows } = await queueView(ledger, rig, clock.now());
  const marked = rows.map((row, index) => ({
    row,
    position: index + 1,
    mark: (marks as Readonly<Record<string, string>>)[row.status] ?? "pending",
  }));
  out.document(marked.map(({ row, position, mark }) => ({ position, mark, ...requestDocument(row) })));
  if (out.json) return;
  if (rows.length === 0) out.line(`The merge queue of ${rig.name} is empty.`);
  for (const { row, position, mark } of marked)
    out.line(
      `${String(position).padStart(3)}. [${mark}] ${row.mr.id} ${sanitiseLine(row.mr.branch)} -> ${sanitiseLine(row.target)}`,
    );
}
