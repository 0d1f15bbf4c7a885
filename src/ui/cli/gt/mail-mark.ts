import { usageError } from "../../../core/gt-error.ts";
import { acknowledging, markingRead, markingUnread } from "../../../core/mail/change-mail.ts";
import { unreadMail } from "../../../core/mail/mailbox.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { changeMany, reportMany } from "./change-many.ts";
import { mailIdentity } from "./mailbox-owner.ts";

/** `gt mail mark-read`, `mark-unread` and `mark read|unread` (spec/06 §3.3). */
export async function run(context: CommandContext): Promise<number> {
  const { flags, out, words } = context;
  const verb = words.at(-1) ?? "";
  const [first, ...rest] = context.args;
  if (verb === "mark" && first !== "read" && first !== "unread")
    throw usageError(`mark as what? "${sanitiseLine(first ?? "")}" is not read or unread`);
  const as = verb === "mark" ? (first ?? "read") : verb.replace("mark-", "");
  const given = verb === "mark" ? rest : context.args;
  const isAll = flags.boolean("all");
  if (isAll === given.length > 0) throw usageError("give messages, or --all");
  const identity = await mailIdentity(context);
  const references = isAll ? (await unreadMail(await context.ledger(), identity)).map(({ id }) => id) : given;
  if (references.length === 0) {
    out.document({ ids: [], errors: [] });
    out.done("No unread messages");
    return 0;
  }
  const report = await changeMany(context, {
    ...{ identity, references },
    change: (message) =>
      as === "read"
        ? [...acknowledging(message, identity, Date.now()), markingRead(message)]
        : [markingUnread(message)],
  });
  return reportMany(context, report, {
    one: `Message marked as ${as}`,
    verb: "Marked",
    suffix: ` as ${as}`,
  });
}
