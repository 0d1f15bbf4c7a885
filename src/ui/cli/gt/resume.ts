import { type HandoffNote, handoffTable } from "../../../agents/lifecycle/handoff-note.ts";
import { formatAge } from "../../../core/duration.ts";
import { inbox } from "../../../core/mail/mailbox.ts";
import { sanitise, sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt resume` (spec/04 §2.10): what a predecessor wanted its successor to know. */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const actor = await context.actor();
  const ledger = await context.ledger();
  const notes = (await inbox(ledger, actor)).filter(
    (message) => !message.isRead && message.subject.includes("HANDOFF"),
  );
  const left = (await ledger.row<HandoffNote>(handoffTable, actor))?.value;
  if (left !== undefined) {
    out.line(`🤝 ${sanitiseLine(left.subject)}  from ${left.from}, ${formatAge(Date.now() - left.at)} ago`);
    if (left.message !== "") out.line(sanitise(left.message));
  }
  out.document({
    note: left === undefined ? null : { ...left, at: new Date(left.at).toISOString() },
    mail: notes.map(({ id, from, subject, sentAt }) => ({
      ...{ id, from, subject },
      sent_at: new Date(sentAt).toISOString(),
    })),
  });
  if (notes.length === 0 && left === undefined) out.line("nothing was left for you");
  for (const { id, from, subject, sentAt } of notes)
    out.line(`📬 ${id}  ${sanitiseLine(subject)}  from ${from}, ${formatAge(Date.now() - sentAt)} ago`);
  if (notes.length > 0) out.next("gt mail read <id>");
}
