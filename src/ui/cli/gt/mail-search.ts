import { usageError } from "../../../core/gt-error.ts";
import { inbox } from "../../../core/mail/mailbox.ts";
import { messageDocument, messageOf } from "../../../core/mail/message.ts";
import type { CommandContext } from "../command.ts";
import { messageRows } from "./mail-text.ts";
import { mailIdentity } from "./mailbox-owner.ts";

/** `gt mail search` (spec/06 §3.2): literal, in any case. */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out, args } = context;
  if (flags.boolean("subject") && flags.boolean("body"))
    throw usageError("cannot use --subject and --body together");
  const reader = await mailIdentity(context);
  const ledger = await context.ledger();
  const beads = await ledger.find({
    type: "message",
    assignee: reader,
    notLabel: ["deleted"],
    ...(flags.boolean("archive") ? {} : { status: ["open", "hooked"] }),
    sort: "created",
  });
  const text = (args[0] ?? "").toLowerCase();
  const from = flags.string("from")?.toLowerCase() ?? "";
  const found = beads.map(messageOf).filter((message) => {
    const isInSubject = !flags.boolean("body") && message.subject.toLowerCase().includes(text);
    const isInBody = !flags.boolean("subject") && message.body.toLowerCase().includes(text);
    return (isInSubject || isInBody) && message.from.toLowerCase().includes(from);
  });
  out.document(found.map(messageDocument));
  out.line(`🔍 Search results for ${reader}: ${found.length} message(s)`);
  // The numbers are those of the inbox, so that gt mail read takes them.
  const places = new Map((await inbox(ledger, reader)).map(({ id }, index) => [id, index + 1]));
  for (const message of found)
    for (const line of messageRows(message, places.get(message.id))) out.line(line);
}
