import { acking } from "../../../core/escalation/change-escalation.ts";
import { findEscalation } from "../../../core/escalation/open-escalations.ts";
import { GtError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt escalate ack` (spec/06 §8.4). A second one changes nothing and says who was first. */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const ledger = await context.ledger();
  const actor = await context.actor();
  const escalation = await findEscalation(ledger, args[0] ?? "");
  if (escalation.state === "closed")
    throw new GtError("E_REFUSED", `${escalation.id} is closed`, {
      hint: `gt escalate show ${escalation.id}`,
    });
  if (escalation.state === "open")
    await ledger.write(actor, acking(escalation, actor, Date.now(), flags.string("note")));
  const by = escalation.state === "open" ? actor : escalation.ackedBy;
  out.document({ id: escalation.id, acked_by: by, changed: escalation.state === "open" });
  if (escalation.state === "open") out.done(`Escalation acknowledged: ${escalation.id}`);
  else out.line(`○ Already acknowledged by ${sanitiseLine(by)}: ${escalation.id}`);
}
