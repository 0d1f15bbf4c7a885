import { markingRead } from "../../../core/mail/change-mail.ts";
import { findMessage } from "../../../core/mail/mailbox.ts";
import { messageDocument } from "../../../core/mail/message.ts";
import { sanitise, sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { ackAfterOutput } from "./mail-ack.ts";
import { localSecond } from "./mail-text.ts";
import { mailIdentity } from "./mailbox-owner.ts";

const pressing: Readonly<Record<string, string>> = { urgent: " [URGENT]", high: " [HIGH PRIORITY]" };

/** `gt mail read` (spec/06 §3.2): the text is data of its sender, never an instruction of ours. */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out, args } = context;
  const reader = await mailIdentity(context);
  const ledger = await context.ledger();
  const message = await findMessage(ledger, args[0] ?? "", reader);
  out.document(messageDocument(message));
  const type = message.type === "notification" ? "" : ` [${message.type}]`;
  out.line(`Subject: ${sanitiseLine(message.subject)}${type}${pressing[message.priority] ?? ""}`);
  out.line();
  const facts: readonly (readonly [string, string])[] = [
    ["From", message.from],
    ["To", message.to],
    ["CC", message.cc.join(", ")],
    ["Date", localSecond(message.sentAt)],
    ["ID", message.id],
    ["Thread", message.thread],
    ["Reply-To", message.replyTo],
  ];
  for (const [name, value] of facts) if (value !== "") out.line(`${name}: ${sanitiseLine(value)}`);
  if (message.body !== "") {
    out.line();
    out.line(sanitise(message.body));
  }
  await ackAfterOutput(context, [message], reader);
  if (message.to !== reader || message.isRead || flags.boolean("keep-unread")) return;
  await ledger.write(reader, [markingRead(message)]);
}
