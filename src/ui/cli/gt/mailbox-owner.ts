import { GtError } from "../../../core/gt-error.ts";
import type { Message } from "../../../core/mail/message.ts";
import { knownAddress } from "../../../core/mail/recipients.ts";
import type { CommandContext } from "../command.ts";

/** As whom the caller handles mail: `--identity`, else the caller. */
export async function mailIdentity(context: CommandContext): Promise<string> {
  const actor = await context.actor();
  const wish = context.flags.string("identity");
  if (wish === undefined) return actor;
  return knownAddress(wish, {
    town: await context.town(),
    ledger: await context.ledger(),
    sender: actor,
  });
}

/** Everybody tidies the own inbox; overseer and mayor also others'. */
export function expectOwner(message: Message, identity: string): void {
  if (message.to === identity || identity === "overseer" || identity === "mayor/") return;
  throw new GtError("E_FORBIDDEN", `${message.id} is mail of ${message.to}, not of ${identity}`, {
    hint: "gt mail inbox",
  });
}
