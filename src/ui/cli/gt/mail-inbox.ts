import { usageError } from "../../../core/gt-error.ts";
import { inboxView } from "../../../core/mail/mailbox.ts";
import { messageDocument } from "../../../core/mail/message.ts";
import { knownAddress } from "../../../core/mail/recipients.ts";
import type { CommandContext } from "../command.ts";
import { ackAfterOutput } from "./mail-ack.ts";
import { mailIdentity } from "./mailbox-owner.ts";
import { messageRows, plural } from "./mail-text.ts";

/** `gt mail inbox` (spec/06 §3.2). Looking into another's inbox changes nothing there. */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out, args } = context;
  if (flags.boolean("unread") && flags.boolean("all"))
    throw usageError("cannot use --all and --unread together");
  const reader = await mailIdentity(context);
  const ledger = await context.ledger();
  const address =
    args[0] === undefined
      ? reader
      : await knownAddress(args[0], { town: await context.town(), ledger, sender: reader });
  const view = await inboxView(ledger, address);
  // The numbers are those of the whole inbox, so that gt mail read takes them.
  const rows = view.messages
    .map((message, index) => ({ message, number: index + 1 }))
    .filter(({ message }) => !flags.boolean("unread") || !message.isRead);
  out.document(rows.map(({ message }) => messageDocument(message)));
  out.line(`📬 Inbox: ${address} (${plural(view.messages.length, "message")}, ${view.unread} unread)`);
  out.line();
  if (rows.length === 0) out.line("  (no messages)");
  for (const { message, number } of rows) for (const line of messageRows(message, number)) out.line(line);
  await ackAfterOutput(
    context,
    rows.map(({ message }) => message),
    reader,
  );
}
