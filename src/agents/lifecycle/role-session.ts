import { mkdirSync } from "node:fs";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import { agentBeadId } from "../../core/town/agent-names.ts";
import { GtError } from "../../core/gt-error.ts";
import { readPatrols } from "../../core/town/patrol-settings.ts";
import { startAgentSession, stopAgentSession } from "../sessions/start-session.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import type { TownAccess } from "../town-access.ts";
import { withAgentLock } from "./agent-lock.ts";
import { liveSession } from "./agent-session.ts";
import { mayorAddress, startMayor } from "./mayor.ts";

/** Starts the session of a long-lived role, or returns the one that runs (spec/04 §9.5, §10.1). */
export async function startRole(
  access: TownAccess,
  address: string,
  options: { readonly agent?: string; readonly warn?: (text: string) => void } = {},
): Promise<SessionRecord> {
  if (address === mayorAddress) return (await startMayor(access, options)).record;
  const role = parseAddress(address);
  if (role === undefined || !["deacon", "boot", "witness", "refinery"].includes(role.role))
    throw new GtError("E_TARGET", `${address} is no role that patrols`, { hint: "gt agents" });
  const { ledger, town, actor } = access;
  return withAgentLock(access, address, "role start", async () => {
    const running = await liveSession(access, address);
    if (running !== undefined) return running;
    if ((await ledger.agent(address)) === undefined) {
      const id = agentBeadId(role, role.rig === "" ? undefined : town.rig(role.rig));
      await ledger.write(actor, [
        {
          op: "ensureAgent",
          agent: {
            id,
            address,
            role: role.role as "witness",
            rig: role.rig,
            name: role.name,
            state: "stopped",
          },
        },
      ]);
    }
    const home = agentHome(town, role);
    if (home !== undefined) mkdirSync(home, { recursive: true });
    const patrolAgent = readPatrols(town)(role.role).agent;
    const record = await startAgentSession(access, {
      address,
      topic: "patrol",
      ...(options.agent === undefined ? {} : { agentOverride: options.agent }),
      ...(patrolAgent === undefined ? {} : { patrolAgent }),
      ...(options.warn === undefined ? {} : { warn: options.warn }),
    });
    await ledger.write(actor, [
      { op: "setAgent", address, fields: { state: "running", runtime: record.agent } },
    ]);
    return record;
  });
}

/** Ends the session of such a role. False when none was running. */
export async function stopRole(access: TownAccess, address: string): Promise<boolean> {
  return withAgentLock(access, address, "role stop", async () => {
    const isStopped = await stopAgentSession(access, address, "stopped");
    if ((await access.ledger.agent(address)) !== undefined)
      await access.ledger.write(access.actor, [{ op: "setAgent", address, fields: { state: "stopped" } }]);
    return isStopped;
  });
}
