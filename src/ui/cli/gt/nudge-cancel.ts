import { allNudges, settle } from "../../../agents/sessions/nudge-queue.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";

/** `gt nudge cancel <id>` (spec/03 §7.1). */
export async function run(context: CommandContext): Promise<void> {
  const [id = ""] = context.args;
  const access = await context.access();
  const found = (await allNudges(access.ledger)).find((nudge) => nudge.id === id);
  if (found === undefined)
    throw new GtError("E_NOT_FOUND", `no nudge ${id} is waiting: it was delivered, or never sent`, {
      hint: "gt nudge list",
    });
  if (found.claim !== undefined && found.failed === undefined)
    throw new GtError("E_BUSY", `nudge ${id} is being delivered right now`, { hint: "gt nudge list" });
  await settle(access.ledger, access.actor, found, "cancelled");
  context.out.document({ id, state: "cancelled" });
  context.out.done(`Cancelled nudge ${id} for ${found.to}`);
}
