import { refinerySwitch } from "../../core/merge/refinery-switch.ts";
import { parseAddress } from "../../core/town/address.ts";
import { isBuiltIn } from "../sessions/nudge.ts";
import type { TownAccess } from "../town-access.ts";

/** Whether the role is a loop of the daemon and has no hook; those of mode `agent` take beads (spec/04 §2.7). */
export async function runsAsCode(access: TownAccess, text: string): Promise<boolean> {
  const address = parseAddress(text);
  if (address === undefined) return false;
  if (address.role === "boot") return true;
  if (address.role === "refinery") {
    const { mode } = await refinerySwitch(access.ledger, address.rig);
    if (mode === "agent") return false;
  }
  return isBuiltIn(access.town, { address });
}
