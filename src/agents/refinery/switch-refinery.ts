import {
  type RefinerySwitch,
  refinerySwitch,
  runsByItself,
  setRefinerySwitch,
} from "../../core/merge/refinery-switch.ts";
import type { Rig } from "../../core/town/town.ts";
import { wakeCall } from "../daemon/wake-call.ts";
import type { TownAccess } from "../town-access.ts";

/** Changes whether or how a rig's queue runs by itself. False when it was so before. */
export async function switchRefinery(
  access: TownAccess,
  rig: Rig,
  change: Partial<Pick<RefinerySwitch, "isOff" | "mode">>,
): Promise<boolean> {
  const before = await refinerySwitch(access.ledger, rig.name);
  const after = { ...before, ...change };
  if (after.isOff === before.isOff && after.mode === before.mode) return false;
  const at = access.clock.now();
  await access.ledger.write(access.actor, [
    setRefinerySwitch(rig.name, { ...after, by: access.actor, at }),
    ...(runsByItself(after) ? [wakeCall(`${rig.name}/refinery`, { at })] : []),
  ]);
  return true;
}
