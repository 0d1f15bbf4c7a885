import { GtError } from "../../../core/gt-error.ts";
import { findMessage, threadMessages } from "../../../core/mail/mailbox.ts";
import { messageDocument } from "../../../core/mail/message.ts";
import { sanitise, sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { localMinute, plural } from "./mail-text.ts";
import { mailIdentity } from "./mailbox-owner.ts";

/** `gt mail thread` (spec/06 §3.2): what the caller sent or received; overseer and mayor see all. */
export async function run(context: CommandContext): Promise<void> {
  const { out, args } = context;
  const reader = await mailIdentity(context);
  const ledger = await context.ledger();
  const word = args[0] ?? "";
  let messages = await threadMessages(ledger, word);
  const thread = messages.length > 0 ? word : (await findMessage(ledger, word, reader)).thread;
  if (messages.length === 0) messages = thread === "" ? [] : await threadMessages(ledger, thread);
  const seesAll = reader === "overseer" || reader === "mayor/";
  const shown = messages.filter(({ from, to }) => seesAll || from === reader || to === reader);
  if (shown.length === 0)
    throw new GtError("E_NOT_FOUND", `no such thread: ${sanitiseLine(word)}`, { hint: "gt mail inbox" });
  out.document(shown.map(messageDocument));
  out.line(`🧵 Thread: ${sanitiseLine(thread)} (${plural(shown.length, "message")})`);
  for (const [index, message] of shown.entries()) {
    out.line(index === 0 ? "" : "  │");
    out.line(`  ● ${sanitiseLine(message.subject)}`);
    out.line(`    ${message.id} from ${sanitiseLine(message.from)} to ${sanitiseLine(message.to)}`);
    out.line(`    ${localMinute(message.sentAt)}`);
    for (const line of message.body === "" ? [] : sanitise(message.body).split("\n")) out.line(`    ${line}`);
  }
}
