import { endWarrant, fileWarrant, pendingWarrant } from "../../../agents/patrols/warrants.ts";
import { GtError } from "../../../core/gt-error.ts";
import { formatAddress, resolveAddress } from "../../../core/town/address.ts";
import type { CommandContext } from "../command.ts";

/** `gt warrant execute` and `gt warrant cancel` (spec/04 §10.5). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const access = await context.access();
  const target = formatAddress(resolveAddress(context.args[0] ?? "", { town: access.town }));
  const isCancel = context.words.at(-1) === "cancel";
  const warrant = await pendingWarrant(access.ledger, target).catch((error: unknown) => {
    const isMissing = error instanceof GtError && error.code === "E_NO_WARRANT";
    if (!isMissing || isCancel || !flags.boolean("force")) throw error;
    return fileWarrant(access, target, "ended by hand");
  });
  await endWarrant(access, warrant, isCancel ? "cancelled" : "executed");
  out.document({ ok: true, id: warrant.id, target, result: isCancel ? "cancelled" : "executed" });
  out.done(
    isCancel ? `${target} is left alone` : `the session of ${target} is ended; its work stays on its hook`,
  );
}
