import { GtError } from "../../core/gt-error.ts";
import { refinerySwitch, runsByItself } from "../../core/merge/refinery-switch.ts";
import { expectOperational } from "../lifecycle/rig-admission.ts";
import type { QueueContext } from "./queue-context.ts";

/**
 * Whether the queue may work: not stopped, its rig neither parked nor docked, no emergency stop (spec/05 §2.2). A person
 * who runs it by hand is refused with the reason only by the latter two.
 */
export async function mayRun(
  context: QueueContext,
  options: { readonly byHand?: "by-hand" },
): Promise<boolean> {
  const { ledger, town } = context.access;
  if (options.byHand === undefined && !runsByItself(await refinerySwitch(ledger, context.rig.name)))
    return false;
  try {
    await expectOperational(ledger, town, context.rig);
    return true;
  } catch (error) {
    if (error instanceof GtError) return false;
    throw error;
  }
}
