import { withAgentLock } from "../lifecycle/agent-lock.ts";
import type { TownAccess } from "../town-access.ts";
import { freeForMountain } from "./free-for-mountain.ts";
import { observeWorkers } from "./observe-workers.ts";
import type { TroubledWorker } from "./troubled-workers.ts";

/**
 * Ends the session of a worker that the Witness could not help, with its work kept, and counts the failure (spec/05 §8.3
 * B2). Whatever changed since the audit looked cancels it.
 */
export async function freeTroubled(
  access: TownAccess,
  { address, bead, why }: TroubledWorker,
): Promise<void> {
  const rig = (await access.ledger.agent(address))?.rig ?? "";
  await withAgentLock(access, address, "mountain", async () => {
    const [view] = await observeWorkers(access, rig, address);
    const isIll = view !== undefined && ["stalled", "gupp", "zombie"].includes(view.health.state);
    if (!isIll || view.agent.hookBead !== bead || view.isOperating || view.hasLanded) return;
    await freeForMountain(access, view, why, []);
  });
}
