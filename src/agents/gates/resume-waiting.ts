import type { Agent } from "../../core/ledger/bead.ts";
import { GtError } from "../../core/gt-error.ts";
import { expectOperational } from "../lifecycle/rig-admission.ts";
import { resumeHook } from "../lifecycle/suspend-hook.ts";
import { gateReason, type Suspension, suspensionRow } from "../lifecycle/suspension.ts";
import type { TownAccess } from "../town-access.ts";

/**
 * Lets the polecats go on whose gate has opened, each on its own hook (spec/02 §14.3, spec/04 §1.4 row 10). A gate that is
 * gone holds nothing back either. Returns what could not be started; that is tried again at the next look.
 */
export async function resumeWaiting(access: TownAccess): Promise<readonly string[]> {
  const warnings: string[] = [];
  for (const agent of await access.ledger.agents({ state: "awaiting-gate" })) {
    if (!(await mayGoOn(access, agent))) continue;
    try {
      await resumeHook(access, agent.address);
    } catch (error) {
      if (!(error instanceof GtError)) throw error;
      warnings.push(`${agent.address}: ${error.message}`);
    }
  }
  return warnings;
}

async function mayGoOn({ ledger, town }: TownAccess, agent: Agent): Promise<boolean> {
  const { table, key } = suspensionRow(agent.address);
  const reason = (await ledger.row<Suspension>(table, key))?.value.reason ?? "";
  const gate = reason.startsWith(gateReason) ? await ledger.get(reason.slice(gateReason.length)) : undefined;
  if (gate !== undefined && gate.status !== "closed") return false;
  const rig = town.findRig(agent.rig);
  if (rig === undefined) return false;
  try {
    await expectOperational(ledger, town, rig);
    return true;
  } catch {
    return false; // a rig that rests: it goes on with the rig
  }
}
