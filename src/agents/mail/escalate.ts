import { type Notice, noticeTable, settlingNotice } from "../../core/escalation/notice.ts";
import { type EscalationRequest, type Raising, raising } from "../../core/escalation/raise.ts";
import type { RuntimeRow } from "../../core/ledger/ledger.ts";
import { asData } from "../../core/mail/mail-reminder.ts";
import type { TownAccess } from "../town-access.ts";
import { notifyRecipients } from "./notify-recipients.ts";

/** Raises an escalation, tells who is mailed, and does the other actions of its route (spec/06 §8.3). */
export async function escalate(access: TownAccess, request: EscalationRequest): Promise<Raising> {
  const raised = await raising(access, request);
  await access.ledger.write(request.by, raised.operations);
  const warnings = await settleNotices(access, raised.id);
  return { ...raised, warnings: [...raised.warnings, ...warnings] };
}

/** Tells what is still to be told about one escalation. Returns what could not be told; nothing fails. */
export async function settleNotices(access: TownAccess, id: string): Promise<readonly string[]> {
  const rows = await access.ledger.rows<Notice>(noticeTable, { prefix: `${id}/` });
  const warnings: string[] = [];
  for (const row of rows) warnings.push(...(await settle(access, row)));
  return warnings;
}

/** The same for everything whose raiser has not done it, or whose delivery is to be tried again. */
export async function settleDueNotices(access: TownAccess): Promise<readonly string[]> {
  const now = access.clock.now();
  const rows = await access.ledger.rows<Notice>(noticeTable);
  const warnings: string[] = [];
  for (const row of rows) if (row.value.dueAt <= now) warnings.push(...(await settle(access, row)));
  return warnings;
}

async function settle(
  access: TownAccess,
  { key, value: notice }: RuntimeRow<Notice>,
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
  await access.ledger.write(notice.by, settlingNotice(key, notice, delivered.failed, access.clock.now()));
  return [
    ...told,
    ...delivered.warnings,
    ...delivered.failed.map(({ action, error }) => `Delivery issue [${action}]: ${error}`),
  ];
}
