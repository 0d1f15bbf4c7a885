import type { Ledger } from "../ledger/ledger.ts";
import { closing } from "./change-escalation.ts";
import { mailsOf } from "./clearing.ts";
import type { Escalation } from "./escalation.ts";

/** Closes an escalation, and with it the mails that told of it, in one batch (spec/06 §8.4). */
export async function closeEscalation(
  ledger: Ledger,
  actor: string,
  escalation: Escalation,
  reason: string,
): Promise<void> {
  await ledger.write(actor, closing(escalation, actor, reason, await mailsOf(ledger, escalation.id)));
}
