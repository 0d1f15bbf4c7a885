import { sendMail } from "../../../agents/mail/send-mail.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { checkText } from "../../../core/mail/compose.ts";
import { findMessage } from "../../../core/mail/mailbox.ts";
import { isMessageType, type Message, messageTypes, parsePriority } from "../../../core/mail/message.ts";
import { knownAddress, resolveRecipients } from "../../../core/mail/recipients.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { bodyText } from "./body-text.ts";

/** `gt mail send` (spec/06 §3.1). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const priority = priorityOf(context);
  const wishedType = flags.string("type");
  if (wishedType !== undefined && !isMessageType(wishedType))
    throw usageError(`unknown type "${sanitiseLine(wishedType)}": use one of ${messageTypes.join(", ")}`);
  if (flags.boolean("wisp") && flags.boolean("permanent"))
    throw usageError("cannot use --wisp and --permanent together");
  const destination = destinationOf(context);
  const subject = flags.string("subject");
  if (subject === undefined)
    throw usageError("subject required: use -s", {
      hint: `gt mail send ${destination ?? "--self"} -s "..."`,
    });
  const body = (await bodyText(context, { "-m": flags.string("message") })) ?? "";
  checkText({ subject, body });

  const access = await context.access();
  const { town, ledger, actor } = access;
  const wishedFrom = flags.string("from");
  const from =
    wishedFrom === undefined ? actor : await knownAddress(wishedFrom, { town, ledger, sender: actor });
  const addressing = { town, ledger, sender: from };
  const recipients =
    destination === undefined
      ? { written: from, addresses: [from], isExpansion: false }
      : await resolveRecipients(destination, addressing);
  const cc = [];
  for (const address of flags.strings("cc"))
    cc.push(...(await resolveRecipients(address, addressing)).addresses);
  const warnings: string[] = [];
  const original = await repliedTo(context, from, warnings);
  const type = wishedType ?? (original === undefined ? "notification" : "reply");
  const report = await sendMail(
    access,
    {
      ...{ from, to: recipients.addresses, writtenTo: recipients.written, cc, subject, body, priority },
      ...(isMessageType(type) ? { type } : {}),
      ...(original === undefined ? {} : { replyTo: original.id }),
      ...(original === undefined || original.thread === "" ? {} : { thread: original.thread }),
      ...{ isPinned: flags.boolean("pinned"), isPermanent: flags.boolean("permanent") },
      ...(from === actor ? {} : { relay: actor }),
    },
    flags.boolean("no-notify") ? "quietly" : "notify",
  );
  for (const warning of [...warnings, ...report.warnings]) out.warn(warning);
  out.document({
    ids: report.ids,
    thread_id: report.thread,
    to: recipients.written,
    recipients: recipients.addresses,
    cc,
    warnings: [...warnings, ...report.warnings],
  });
  out.done(`Message sent to ${sanitiseLine(recipients.written)}`);
  out.line(`  Subject: ${sanitiseLine(subject)}`);
  if (report.ids.length === 1) out.line(`  ID: ${report.ids[0]}`);
  if (recipients.isExpansion) out.line(`  Recipients: ${recipients.addresses.join(", ")}`);
  if (cc.length > 0) out.line(`  CC: ${cc.join(", ")}`);
  if (type !== "notification") out.line(`  Type: ${type}`);
}

/** The one address given; undefined for the caller's own. */
function destinationOf({ args, flags }: CommandContext): string | undefined {
  const given = [
    ...(args[0] === undefined ? [] : [args[0]]),
    ...(flags.string("to") === undefined ? [] : [flags.string("to")]),
    ...(flags.boolean("human") ? ["overseer"] : []),
    ...(flags.boolean("self") ? [undefined] : []),
  ];
  if (given.length === 0 || given.some((each) => each?.trim() === ""))
    throw usageError("address required: give one, or --to, --self, --human");
  if (given.length > 1) throw usageError("more than one address: give one of them, or --to, --self, --human");
  return given[0];
}

function priorityOf({ flags }: CommandContext): number {
  const wish = flags.string("priority");
  if (flags.boolean("notify") && flags.boolean("no-notify"))
    throw usageError("cannot use --notify and --no-notify together");
  const parsed = wish === undefined ? 2 : parsePriority(wish);
  if (parsed === undefined)
    throw usageError(
      `invalid --priority "${sanitiseLine(wish ?? "")}": use 0-4, urgent, high, normal or low`,
    );
  if (flags.boolean("urgent")) return 0;
  return flags.boolean("notify") && parsed === 2 ? 1 : parsed;
}

async function repliedTo(
  context: CommandContext,
  reader: string,
  warnings: string[],
): Promise<Message | undefined> {
  const reference = context.flags.string("reply-to");
  if (reference === undefined) return undefined;
  try {
    return await findMessage(await context.ledger(), reference, reader);
  } catch (error) {
    if (!(error instanceof GtError && error.code === "E_NOT_FOUND")) throw error;
    warnings.push(`${error.message}: a new thread begins`);
    return undefined;
  }
}
