import { GtError } from "../../../core/gt-error.ts";
import { leaving } from "../../../core/mail/change-mail.ts";
import { inbox } from "../../../core/mail/mailbox.ts";
import { knownAddress } from "../../../core/mail/recipients.ts";
import type { CommandContext } from "../command.ts";
import { plural } from "./mail-text.ts";
import { mailIdentity } from "./mailbox-owner.ts";

/** `gt mail clear` (spec/06 §3.3). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, args, out } = context;
  const caller = await mailIdentity(context);
  const ledger = await context.ledger();
  const address =
    args[0] === undefined
      ? caller
      : await knownAddress(args[0], { town: await context.town(), ledger, sender: caller });
  if (address !== caller && caller !== "overseer" && caller !== "mayor/")
    throw new GtError("E_FORBIDDEN", `the inbox of ${address} is not yours to clear`, {
      hint: "gt mail clear",
    });
  const messages = (await inbox(ledger, address)).filter(
    (message) => flags.boolean("all") || (!message.isPinned && message.status !== "hooked"),
  );
  if (messages.length > 0)
    await ledger.write(
      caller,
      messages.flatMap((message) => leaving(message, "archived")),
    );
  out.document({ address, ids: messages.map(({ id }) => id) });
  out.done(`Cleared ${plural(messages.length, "message")} of ${address}`);
}
