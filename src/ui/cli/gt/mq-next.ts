import { queueView } from "../../../core/merge/queue-view.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { requestDocument } from "./mq-document.ts";
import { chooseRig } from "./mq-rig.ts";

/** `gt mq next` (spec/05 §4.1). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const rig = await chooseRig(context, context.args[0]);
  const { ledger, clock } = await context.access();
  const ready = (await queueView(ledger, rig, clock.now())).rows.filter((row) => row.status === "ready");
  const [first] =
    context.flags.string("strategy") === "fifo"
      ? ready.toSorted((one, other) => one.mr.createdAt - other.mr.createdAt)
      : ready;
  out.document(first === undefined ? null : requestDocument(first));
  if (out.json) return;
  if (context.quiet) {
    if (first !== undefined) out.raw(`${first.mr.id}\n`);
    return;
  }
  if (first === undefined) out.line(`Nothing in ${rig.name} may be merged now.`);
  else
    out.line(
      `${first.mr.id} P${first.mr.priority} ${sanitiseLine(first.mr.branch)} -> ${sanitiseLine(first.target)} (score ${first.score.toFixed(1)})`,
    );
}
