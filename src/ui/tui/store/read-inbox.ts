import { openEscalations } from "../../../core/escalation/open-escalations.ts";
import type { Ledger } from "../../../core/ledger/ledger.ts";
import { inbox, unreadMail } from "../../../core/mail/mailbox.ts";
import type { InboxRow } from "./town-data.ts";

const reader = "overseer";
const shownOfBody = 2000;

/** Open escalations, the worst first, then the overseer's mail, the most urgent first; read mail on request. */
export async function readInbox(
  ledger: Ledger,
  { withRead }: { readonly withRead: boolean },
): Promise<readonly InboxRow[]> {
  const [escalations, messages] = await Promise.all([
    openEscalations(ledger),
    withRead ? inbox(ledger, reader) : unreadMail(ledger, reader),
  ]);
  return [
    ...escalations.map(
      (escalation): InboxRow => ({
        id: escalation.id,
        kind: "escalation",
        from: escalation.escalatedBy,
        subject: escalation.title,
        body: (escalation.reason || escalation.description).slice(0, shownOfBody),
        at: escalation.createdAt,
        isNew: escalation.state === "open",
        urgency: escalation.severity,
      }),
    ),
    ...messages.map(
      (message): InboxRow => ({
        id: message.id,
        kind: "mail",
        from: message.from,
        subject: message.subject,
        body: message.body.slice(0, shownOfBody),
        at: message.sentAt,
        isNew: !message.isRead,
        urgency: message.priority,
      }),
    ),
  ];
}
