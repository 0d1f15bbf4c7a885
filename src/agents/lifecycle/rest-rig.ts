import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import { liveSession } from "./agent-session.ts";
import { stopRole } from "./role-session.ts";
import { snapshotHooks } from "./snapshot-hooks.ts";
import { suspendHook } from "./suspend-hook.ts";
import { resumeOperations, suspendedFor } from "./suspension.ts";

export type RestReason = "parked" | "docked";

/** Suspends every polecat of the rig that works: files kept, session ended, bead still on the hook (spec/04 §7.4). */
export async function restRig(access: TownAccess, rig: Rig, reason: RestReason): Promise<readonly string[]> {
  const suspended: string[] = [];
  for (const agent of await access.ledger.agents({ rig: rig.name, role: "polecat", state: "working" })) {
    if (agent.hookState !== "active") continue;
    await suspendHook(access, agent.address, reason);
    suspended.push(agent.address);
  }
  return suspended;
}

/** Ends the sessions of the rig's witness and refinery where these run as agents; the daemon starts them again when it may. */
export async function restRoles(access: TownAccess, rig: Rig): Promise<readonly string[]> {
  const ended: string[] = [];
  for (const address of [`${rig.name}/witness`, `${rig.name}/refinery`]) {
    if ((await liveSession(access, address)) === undefined) continue;
    await snapshotHooks(access, [address], "shutdown");
    if (await stopRole(access, address)) ended.push(address);
  }
  return ended;
}

/** Their hooks are active again; the Witness of the rig starts the sessions at its next sweep. */
export async function wakeRig(access: TownAccess, rig: Rig, reason: RestReason): Promise<readonly string[]> {
  const resting = await suspendedFor(access, reason, rig.name);
  for (const agent of resting)
    await access.ledger.write(access.actor, resumeOperations(agent, "spawning", access.clock.now()));
  return resting.map((agent) => agent.address);
}
