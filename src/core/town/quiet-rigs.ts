import type { Agent } from "../ledger/bead.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { rigProperty } from "./rig-properties.ts";
import type { Town } from "./town.ts";

/** Names of the rigs none of whose agents are to be disturbed: property `dnd` (spec/04 §7.4). */
export async function quietRigs(town: Town, ledger: Ledger): Promise<ReadonlySet<string>> {
  const quiet = new Set<string>();
  for (const rig of town.rigs())
    if ((await rigProperty(town, ledger, rig, "dnd")) === true) quiet.add(rig.name);
  return quiet;
}

/** The level that holds for an agent: its own, or `muted` in a rig that is quiet as a whole (spec/06 §7.1). */
export function levelInForce(
  { rig, notificationLevel }: Pick<Agent, "rig" | "notificationLevel">,
  quiet: ReadonlySet<string>,
): Agent["notificationLevel"] {
  return quiet.has(rig) ? "muted" : notificationLevel;
}

/** Whether an agent is not to be disturbed, by its own wish or as one of a quiet rig. */
export async function isMuted(town: Town, ledger: Ledger, agent: Agent | undefined): Promise<boolean> {
  return agent !== undefined && levelInForce(agent, await quietRigs(town, ledger)) === "muted";
}
