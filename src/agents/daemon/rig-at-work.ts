import type { Rig } from "../../core/town/town.ts";
import { rigStanding } from "../lifecycle/rig-admission.ts";
import type { DaemonContext } from "./daemon-context.ts";

/** Whether the rig's loops run: the town is up, nothing is stopped, the rig is neither parked nor docked (spec/04 §7.4). */
export async function isRigAtWork(context: DaemonContext, rig: Rig): Promise<boolean> {
  if (!context.isOperational(rig.name)) return false;
  return (await rigStanding(context.ledger, context.town, rig)) === "operational";
}
