import { mkdirSync } from "node:fs";
import { type Address, agentHome, parseAddress } from "../../core/town/address.ts";
import { agentBeadId } from "../../core/town/agent-names.ts";
import { GtError } from "../../core/gt-error.ts";
import { readPatrols } from "../../core/town/patrol-settings.ts";
import { expectBudget } from "../costs/daily-budget.ts";
import {
  expectStartable,
  startAgentSession,
  type StartRequest,
  stopAgentSession,
} from "../sessions/start-session.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import type { TownAccess } from "../town-access.ts";
import { withAgentLock } from "./agent-lock.ts";
import { liveSession } from "./agent-session.ts";
import { mayorAddress, restartMayor, startMayor } from "./mayor.ts";
import { snapshotHooks } from "./snapshot-hooks.ts";

interface RoleStart {
  /** Another runtime than the settings say. */
  readonly agent?: string;
  readonly warn?: (text: string) => void;
}

/** Starts the session of a long-lived role, or returns the one that runs (spec/04 §9.5, §10.1). */
export async function startRole(
  access: TownAccess,
  address: string,
  options: RoleStart = {},
): Promise<SessionRecord> {
  if (address === mayorAddress) return (await startMayor(access, options)).record;
  expectPatrolRole(address);
  return withAgentLock(access, address, "role start", async () => {
    const running = await liveSession(access, address);
    return running ?? startFresh(access, address, options);
  });
}

/**
 * Ends the session of a role that does not answer and starts it anew, its files kept where it has a worktree (spec/04
 * §10.1). A role that could not be started anew keeps the session that it has; one whose start fails later is started by
 * the daemon's next look.
 */
export async function restartRole(
  access: TownAccess,
  address: string,
  { why, ...options }: { readonly why: string; readonly warn?: (text: string) => void },
): Promise<SessionRecord> {
  await snapshotHooks(access, [address], "shutdown");
  const end = { reason: "killed", why } as const;
  if (address === mayorAddress) return restartMayor(access, options, end);
  return withAgentLock(access, address, "role restart", async () => {
    expectStartable(access, startRequest(access, address, {}));
    await expectBudget(access.town, access.ledger, access.clock.now());
    await stopAgentSession(access, address, end.reason, end);
    return startFresh(access, address, options);
  });
}

async function startFresh(access: TownAccess, address: string, options: RoleStart): Promise<SessionRecord> {
  const { ledger, town, actor } = access;
  const role = expectPatrolRole(address);
  if ((await ledger.agent(address)) === undefined) {
    const id = agentBeadId(role, role.rig === "" ? undefined : town.rig(role.rig));
    await ledger.write(actor, [
      {
        op: "ensureAgent",
        agent: { id, address, role: role.role, rig: role.rig, name: role.name, state: "stopped" },
      },
    ]);
  }
  const home = agentHome(town, role);
  if (home !== undefined) mkdirSync(home, { recursive: true });
  const record = await startAgentSession(access, startRequest(access, address, options));
  await ledger.write(actor, [
    { op: "setAgent", address, fields: { state: "running", runtime: record.agent } },
  ]);
  return record;
}

function startRequest({ town }: TownAccess, address: string, { agent, warn }: RoleStart): StartRequest {
  const patrolAgent = readPatrols(town)(expectPatrolRole(address).role).agent;
  return {
    address,
    topic: "patrol",
    ...(agent === undefined ? {} : { agentOverride: agent }),
    ...(patrolAgent === undefined ? {} : { patrolAgent }),
    ...(warn === undefined ? {} : { warn }),
  };
}

type PatrolRole = Address & { readonly role: "deacon" | "boot" | "witness" | "refinery" };

function expectPatrolRole(address: string): PatrolRole {
  const role = parseAddress(address);
  if (role !== undefined && ["deacon", "boot", "witness", "refinery"].includes(role.role))
    return role as PatrolRole;
  throw new GtError("E_TARGET", `${address} is no role that patrols`, { hint: "gt agents" });
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
