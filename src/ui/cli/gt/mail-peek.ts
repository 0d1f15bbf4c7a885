import { findMessage, unreadMail } from "../../../core/mail/mailbox.ts";
import { messageDocument } from "../../../core/mail/message.ts";
import { sanitise, sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { ackAfterOutput } from "./mail-ack.ts";
import { mailIdentity } from "./mailbox-owner.ts";

const maxBody = 500;

/** `gt mail peek` (spec/06 §3.2): exit 1 and silence when nothing is unread. */
export async function run(context: CommandContext): Promise<number> {
  const { args, out } = context;
  const reader = await mailIdentity(context);
  const ledger = await context.ledger();
  const unread = await unreadMail(ledger, reader);
  const message = args[0] === undefined ? unread[0] : await findMessage(ledger, args[0], reader);
  if (message === undefined) {
    out.document(null);
    return 1;
  }
  const more = unread.filter(({ id }) => id !== message.id).length;
  const body = sanitise(message.body);
  out.document(messageDocument(message));
  out.line(`📬 ${sanitiseLine(message.subject)}${message.priority === "urgent" ? " [URGENT]" : ""}`);
  out.line(`From: ${sanitiseLine(message.from)}`);
  out.line(`ID: ${message.id}`);
  if (body !== "") out.line(body.length > maxBody ? `${[...body].slice(0, maxBody).join("")}…` : body);
  if (more > 0) out.line(`(+${more} more unread)`);
  await ackAfterOutput(context, [message], reader);
  return 0;
}
