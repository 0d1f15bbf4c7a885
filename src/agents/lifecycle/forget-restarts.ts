import type { Operation } from "../../core/ledger/operation.ts";
import type { TownAccess } from "../town-access.ts";

/** Keys of the table `patrols` under which the Witness and the daemon remember what they did about an agent. */
export const memoryKey = (address: string): string => `worker:${address}`;
export const roleMemoryKey = (address: string): string => `role:${address}`;

/**
 * A person has seen to an agent that crashed again and again: its restarts are counted anew (spec/04 §1.4 row 14, §8.4).
 * The agent has a row.
 */
export function forgettingRestarts(address: string): readonly Operation[] {
  return [
    { op: "deleteRow", table: "patrols", key: memoryKey(address) },
    { op: "deleteRow", table: "patrols", key: roleMemoryKey(address) },
    { op: "setAgent", address, fields: { restarts: 0, crashLoopSince: null } },
  ];
}

/** The same for whoever is about to start a session by hand; a role that never ran has nothing to forget. */
export async function forgetRestarts({ ledger, actor }: TownAccess, address: string): Promise<void> {
  if ((await ledger.agent(address)) !== undefined) await ledger.write(actor, forgettingRestarts(address));
}
