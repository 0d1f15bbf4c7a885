import { type EscalationRequest, type Raising, raising } from "../../core/escalation/raise.ts";
import { asData } from "../../core/mail/mail-reminder.ts";
import type { TownAccess } from "../town-access.ts";
import { notifyRecipients } from "./notify-recipients.ts";

/** Raises an escalation, tells who is mailed, and does the other actions of its route (spec/06 §8.3). */
export async function escalate(access: TownAccess, request: EscalationRequest): Promise<Raising> {
  const { town, ledger, clock, random } = access;
  const raised = await raising({ town, ledger, random, now: clock.now() }, request);
  await ledger.write(request.by, raised.operations);
  const warnings = await tellOfEscalation(access, { ...request, ...raised });
  return { ...raised, warnings: [...raised.warnings, ...warnings] };
}

export interface EscalationNotice
  extends Pick<Raising, "id" | "severity" | "mailed" | "actions">,
    Pick<EscalationRequest, "title" | "by"> {}

/** Effects after the batch; each may fail without harm, since bead and mail are stored. Returns what failed. */
export async function tellOfEscalation(
  access: TownAccess,
  notice: EscalationNotice,
): Promise<readonly string[]> {
  const { deliver } = await import("./deliver-escalation.ts");
  const [told, delivered] = await Promise.all([
    notifyRecipients(access, {
      ...{ from: notice.by, subject: notice.title, recipients: notice.mailed },
      priority: notice.severity === "critical" ? 0 : 1,
      text: `🚨 ${notice.severity.toUpperCase()} escalation ${notice.id} from ${asData(notice.by)}: ${asData(notice.title)}. Run: gt escalate show ${notice.id}`,
    }),
    deliver(access, notice),
  ]);
  return [...told, ...delivered];
}
