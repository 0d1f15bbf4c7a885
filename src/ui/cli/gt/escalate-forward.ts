import { forwardEscalation } from "../../../agents/mail/forward-escalation.ts";
import { parseTier } from "../../../core/escalation/escalation.ts";
import { findEscalation } from "../../../core/escalation/open-escalations.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import { knownAddress } from "../../../core/mail/recipients.ts";
import type { CommandContext } from "../command.ts";

/** `gt escalate forward <id> --to <tier or address>` (spec/06 §8.4). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const [id = "", second] = args;
  const wish = flags.string("to") ?? second;
  if (wish === undefined || (flags.has("to") && second !== undefined))
    throw usageError("to whom? give one tier or address", {
      hint: `gt escalate forward ${id} --to overseer`,
    });
  const access = await context.access();
  const { town, ledger, actor } = access;
  const escalation = await findEscalation(ledger, id);
  if (escalation.state === "closed")
    throw new GtError("E_REFUSED", `${escalation.id} is closed`, {
      hint: `gt escalate show ${escalation.id}`,
    });
  const named = parseTier(wish);
  const address = named === undefined ? await knownAddress(wish, { town, ledger, sender: actor }) : undefined;
  const tier = named ?? parseTier(address ?? "") ?? "mayor";
  const { recipient, warnings } = await forwardEscalation(access, escalation, {
    ...{ to: tier, why: flags.string("message") },
    ...(address === undefined ? {} : { address }),
  });
  for (const warning of warnings) out.warn(warning);
  out.document({ id: escalation.id, from_tier: escalation.tier, to_tier: tier, to: recipient });
  out.done(`Escalation forwarded to ${recipient}: ${escalation.id}`);
}
