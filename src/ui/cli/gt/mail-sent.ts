import { messageDocument, messageOf } from "../../../core/mail/message.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { localMinute, plural } from "./mail-text.ts";
import { mailIdentity } from "./mailbox-owner.ts";

const maxShown = 50;

/** `gt mail sent` (spec/06 §3.2). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const sender = await mailIdentity(context);
  const beads = await (await context.ledger()).find({
    type: "message",
    labels: [`from:${sender}`],
    sort: "created",
    limit: maxShown,
  });
  const messages = beads.map(messageOf);
  out.document(messages.map(messageDocument));
  out.line(`📤 Sent by ${sender} (${plural(messages.length, "message")})`);
  for (const message of messages) {
    const state = message.isRead ? "read" : message.delivery === "acked" ? "delivered" : "waiting";
    out.line(`  ${sanitiseLine(message.subject)}`);
    out.line(`      ${message.id} to ${sanitiseLine(message.to)}, ${state}, ${localMinute(message.sentAt)}`);
  }
}
