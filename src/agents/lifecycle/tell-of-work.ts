import { GtError } from "../../core/gt-error.ts";
import { nudge } from "../sessions/nudge.ts";
import type { TownAccess } from "../town-access.ts";

/**
 * Tells an agent's running session that work is on its hook (spec/04 §2.7). False when nobody was told: it has no session,
 * or wants to hear nothing. The work waits on its hook anyway, so neither is an error.
 */
export async function tellOfWork(
  access: TownAccess,
  address: string,
  work: { readonly bead: string; readonly note?: string },
): Promise<boolean> {
  const text = [`Work on your hook: ${work.bead}`, ...(work.note ? [work.note] : [])].join("\n");
  try {
    const { state } = await nudge(access, { to: address, from: access.actor, text, mode: "wait-idle" });
    return state !== "muted" && state !== "skipped";
  } catch (error) {
    if (error instanceof GtError && error.code === "E_SESSION_NOT_FOUND") return false;
    throw error;
  }
}
