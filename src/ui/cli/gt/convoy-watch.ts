import { watchConvoy } from "../../../core/convoys/change-convoy.ts";
import { findConvoy } from "../../../core/convoys/find-convoy.ts";
import { knownAddress } from "../../../core/mail/recipients.ts";
import type { CommandContext } from "../command.ts";

/** `gt convoy watch` and `unwatch` (spec/05 §6.2). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const { ledger, actor } = await context.access();
  const convoy = await findConvoy(ledger, args[0] ?? "");
  const given = flags.string("addr");
  const reader = { town: await context.town(), ledger, sender: actor };
  const address = given === undefined ? actor : await knownAddress(given, reader);
  const isOff = context.words.at(-1) === "unwatch";
  const list = isOff ? "none" : flags.boolean("nudge") ? "nudge_watchers" : "watchers";
  const isChanged = await watchConvoy(ledger, actor, convoy, { address, list });
  const type = list === "nudge_watchers" ? "nudge" : "mail";
  out.document({
    convoy_id: convoy.id,
    address,
    watch_type: isOff ? null : type,
    status: isChanged ? "changed" : "unchanged",
  });
  if (isOff)
    out.line(isChanged ? `✓ ${address} no longer watches ${convoy.id}` : `○ ${address} was not watching`);
  else out.line(isChanged ? `✓ ${address} watches ${convoy.id}` : "○ already watching");
}
