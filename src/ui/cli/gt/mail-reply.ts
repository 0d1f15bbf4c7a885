import { sendMail } from "../../../agents/mail/send-mail.ts";
import { usageError } from "../../../core/gt-error.ts";
import { findMessage } from "../../../core/mail/mailbox.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { bodyText } from "./body-text.ts";
import { mailIdentity } from "./mailbox-owner.ts";

/** `gt mail reply` (spec/06 §3.3). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out, args } = context;
  const body = await bodyText(context, { text: args[1], "-m": flags.string("message") });
  if (body === undefined || body.trim() === "")
    throw usageError("body required: give it as an argument, with -m, or with --stdin", {
      hint: `gt mail reply ${args[0] ?? "<message>"} "..."`,
    });
  const access = await context.access();
  const from = await mailIdentity(context);
  const original = await findMessage(access.ledger, args[0] ?? "", from);
  const subject =
    flags.string("subject") ??
    (/^re:\s/i.test(original.subject) ? original.subject : `Re: ${original.subject}`);
  const report = await sendMail(access, {
    ...{ from, to: [original.from], subject, body, type: "reply", replyTo: original.id },
    ...(original.thread === "" ? {} : { thread: original.thread }),
    ...(from === access.actor ? {} : { relay: access.actor }),
  });
  for (const warning of report.warnings) out.warn(warning);
  out.document({
    ids: report.ids,
    thread_id: report.thread,
    to: original.from,
    recipients: report.recipients,
    cc: [],
    warnings: report.warnings,
  });
  out.done(`Reply sent to ${sanitiseLine(original.from)}`);
  out.line(`  Subject: ${sanitiseLine(subject)}`);
  out.line(`  Thread: ${report.thread}`);
}
