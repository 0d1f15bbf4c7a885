import { closeEscalation } from "../../../core/escalation/close-escalation.ts";
import { findEscalation } from "../../../core/escalation/open-escalations.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt escalate close` (spec/06 §8.4). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const reason = flags.string("reason")?.trim() || "resolved";
  const ledger = await context.ledger();
  const actor = await context.actor();
  const escalation = await findEscalation(ledger, args[0] ?? "");
  if (escalation.state === "closed") {
    out.document({ id: escalation.id, closed_by: escalation.closedBy, changed: false });
    out.line(`○ already closed by ${sanitiseLine(escalation.closedBy || "somebody")}: ${escalation.id}`);
    return;
  }
  await closeEscalation(ledger, actor, escalation, reason);
  out.document({ id: escalation.id, closed_by: actor, reason, changed: true });
  out.done(`Escalation closed: ${escalation.id}`);
}
