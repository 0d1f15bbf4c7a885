import { readRecord } from "../../../agents/sessions/session-records.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { acknowledging, leaving } from "../../../core/mail/change-mail.ts";
import { inbox } from "../../../core/mail/mailbox.ts";
import type { CommandContext } from "../command.ts";
import { changeMany, findMany, reportMany } from "./change-many.ts";
import { mailIdentity } from "./mailbox-owner.ts";
import { messageRows, plural } from "./mail-text.ts";

/** `gt mail archive` and `gt mail delete` (spec/06 §3.3). */
export async function run(context: CommandContext): Promise<number> {
  const { flags, args, out, words } = context;
  const isDelete = words.at(-1) === "delete";
  const isStale = flags.boolean("stale");
  if (isStale === args.length > 0) throw usageError("give messages, or --stale");
  const identity = await mailIdentity(context);
  const references = isStale ? await staleIds(context, identity) : args;
  if (flags.boolean("dry-run")) {
    const ledger = await context.ledger();
    const { found, errors } = await findMany(ledger, references, identity);
    const places = new Map((await inbox(ledger, identity)).map(({ id }, index) => [id, index + 1]));
    out.document({ ids: found.map(({ id }) => id), errors, dry_run: true });
    out.line(`Would archive ${plural(found.length, "message")}`);
    for (const message of found)
      for (const line of messageRows(message, places.get(message.id))) out.line(line);
    for (const error of errors) out.error(`Error: ${error}`);
    return errors.length === 0 ? 0 : 1;
  }
  if (references.length === 0) {
    out.document({ ids: [], errors: [] });
    out.done("No stale messages");
    return 0;
  }
  const report = await changeMany(context, {
    ...{ identity, references },
    change: (message) => [
      ...acknowledging(message, identity, Date.now()),
      ...leaving(message, isDelete ? "deleted" : "archived"),
    ],
  });
  return reportMany(context, report, {
    one: isDelete ? "Message deleted" : "Message archived",
    verb: isDelete ? "Deleted" : "Archived",
  });
}

/** What came before the caller's session began was for its predecessor. */
async function staleIds(context: CommandContext, identity: string): Promise<readonly string[]> {
  const session = context.env["GT_SESSION"] ?? "";
  const record = session === "" ? undefined : readRecord((await context.town()).paths.sessions, session);
  if (record === undefined)
    throw new GtError("E_NO_SESSION", "--stale is for agent sessions: this is none", {
      hint: "gt mail clear",
    });
  return (await inbox(await context.ledger(), identity))
    .filter((message) => !message.isPinned && message.sentAt < record.startedAt)
    .map(({ id }) => id);
}
