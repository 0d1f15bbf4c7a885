import type { Bead } from "../../core/ledger/bead.ts";
import { stopAgentSession } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { tellOfTakeOver } from "./tell-of-take-over.ts";
import { unsling } from "./unsling.ts";

/**
 * Takes the bead off its holder's hook for an agent that keeps a workspace of its own: what the holder has made is kept
 * first (spec/04 §2.8). Returns the bead as it is now, and warnings.
 */
export async function takeOver(
  access: TownAccess,
  bead: Bead,
  parties: { readonly from: string; readonly to: string },
): Promise<{ readonly bead: Bead; readonly warnings: readonly string[] }> {
  const holder = await access.ledger.agent(parties.from);
  if (holder?.hookBead !== bead.id) return { bead, warnings: [] };
  const told = tellOfTakeOver(access, { bead: bead.id, ...parties });
  if (told.length > 0) await access.ledger.write(access.actor, told);
  if (holder.role === "dog") await stopAgentSession(access, holder.address, "stopped");
  const unslung = await unsling(access, {
    bead: bead.id,
    agent: holder.address,
    force: true,
    reason: `taken over by ${parties.to}`,
  });
  return { bead: (await access.ledger.get(bead.id)) ?? bead, warnings: unslung?.warnings ?? [] };
}
