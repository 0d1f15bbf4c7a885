import { raising } from "../../core/escalation/raise.ts";
import { readSleeps, type Sleep, sleptSince } from "../../core/health/machine-sleep.ts";
import { roleRestartLimits, withRestart } from "../../core/health/restart-series.ts";
import type { Agent } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { unreadMail } from "../../core/mail/mailbox.ts";
import { refinerySwitch } from "../../core/merge/refinery-switch.ts";
import { type Address, formatAddress } from "../../core/town/address.ts";
import { patrolsRig, readPatrols } from "../../core/town/patrol-settings.ts";
import { durationSetting } from "../../core/town/setting.ts";
import type { Rig } from "../../core/town/town.ts";
import { isSuperseded } from "./act-on-worker.ts";
import { hostSnapshot } from "./agent-health.ts";
import type { HostSnapshot } from "./agent-health.ts";
import {
  decideRole,
  freshRole,
  type RoleAction,
  type RoleLimits,
  type RoleMemory,
  type RoleView,
} from "./decide-role.ts";
import { startRole, stopRole } from "../lifecycle/role-session.ts";
import { nudge } from "../sessions/nudge.ts";
import { sessionOfAddress } from "../sessions/start-session.ts";
import type { TownAccess } from "../town-access.ts";
import { patrolTable } from "./worker-memory.ts";
import { isSwitchedOff } from "./role-switch.ts";
import type { StartBudget } from "./start-budget.ts";

export const roleMemoryKey = (address: string): string => `role:${address}`;

export interface KeepRolesOptions {
  readonly budget: StartBudget;
  /** Rigs whose loops run. */
  readonly rigs: readonly Rig[];
  readonly report?: (line: string) => void;
}

/** Keeps the sessions of mayor, deacon and witnesses alive, as far as they are to have any. Returns when to look again. */
export async function keepRoles(access: TownAccess, options: KeepRolesOptions): Promise<number | undefined> {
  const wanted = await wantedRoles(access, options.rigs);
  if (wanted.length === 0) return undefined;
  const host = await hostSnapshot(access);
  if (!host.isKnown) return undefined;
  const settings = access.town.settings();
  const limits: RoleLimits = {
    staleMs: durationSetting(settings, "operational.deacon.stale"),
    veryStaleMs: durationSetting(settings, "operational.deacon.very_stale"),
    graceMs: durationSetting(settings, "operational.daemon.deacon_grace"),
    missingMs: 3 * durationSetting(settings, "operational.daemon.heartbeat"),
  };
  const isTownBusy = (await access.ledger.agents({ state: ["working", "spawning", "done"] })).length > 0;
  const sleeps = await readSleeps(access.ledger);
  let againMs = Number.POSITIVE_INFINITY;
  for (const address of wanted) {
    const now = access.clock.now();
    const view = await observeRole(access, address, host, isTownBusy, sleeps);
    const action = decideRole(view, now, limits);
    if (action === undefined) continue;
    if (action.kind === "wait") {
      againMs = Math.min(againMs, action.until - now);
      continue;
    }
    const waitMs = action.kind === "start" || action.kind === "restart" ? options.budget.take(now) : 0;
    if (waitMs > 0) {
      againMs = Math.min(againMs, waitMs);
      continue;
    }
    try {
      await act(access, view, action, options.report);
      options.report?.(`${view.address}: ${action.kind}`);
    } catch (error) {
      if (!isSuperseded(error)) options.report?.(`${view.address}: ${action.kind} failed: ${String(error)}`);
      againMs = Math.min(againMs, 30_000);
    }
  }
  return Number.isFinite(againMs) ? Math.max(0, againMs) : undefined;
}

/** The mayor once a person has started it, and every patrol role that runs as an agent and was not stopped. */
export async function wantedRoles(access: TownAccess, rigs: readonly Rig[]): Promise<readonly Address[]> {
  const patrols = readPatrols(access.town);
  const found: Address[] = [];
  const mayor = await access.ledger.agent("mayor/");
  if (patrols("mayor").isEnabled && mayor?.state === "running")
    found.push({ role: "mayor", rig: "", name: "" });
  const isAgent = (role: "deacon" | "witness" | "refinery", rig: string): boolean => {
    const settings = patrols(role);
    return settings.mode === "agent" && (rig === "" ? settings.isEnabled : patrolsRig(settings, rig));
  };
  const patrolRoles: Address[] = [];
  if (isAgent("deacon", "")) patrolRoles.push({ role: "deacon", rig: "", name: "" });
  for (const { name: rig } of rigs) {
    if (isAgent("witness", rig)) patrolRoles.push({ role: "witness", rig, name: "" });
    if (isAgent("refinery", rig) && !(await refinerySwitch(access.ledger, rig)).isOff)
      patrolRoles.push({ role: "refinery", rig, name: "" });
  }
  for (const role of patrolRoles) if (!(await isSwitchedOff(access, formatAddress(role)))) found.push(role);
  return found;
}

/** Whether anybody waits for the role's rounds: mail for it, requests in its queue, or work in flight. */
async function isRoleNeeded(access: TownAccess, role: Address, isTownBusy: boolean): Promise<boolean> {
  if ((await unreadMail(access.ledger, formatAddress(role))).length > 0) return true;
  if (role.role !== "refinery") return isTownBusy;
  const requests = await access.ledger.find({
    scope: role.rig,
    type: "merge-request",
    notStatus: "closed",
    metadata: { "mr.phase": "ready" },
  });
  return requests.length > 0;
}

async function observeRole(
  access: TownAccess,
  role: Address,
  host: HostSnapshot,
  isTownBusy: boolean,
  sleeps: readonly Sleep[],
): Promise<RoleView> {
  const address = formatAddress(role);
  const session = host.sessions.get(sessionOfAddress(access.town, address));
  const agent: Agent | undefined = await access.ledger.agent(address);
  const memory = (await access.ledger.row<RoleMemory>(patrolTable, roleMemoryKey(address)))?.value;
  const kind = role.role === "mayor" ? "mayor" : "patrol";
  const activeAt = Math.max(
    agent?.lastActivity ?? 0,
    agent?.lastProgressAt ?? 0,
    session?.lastOutputAt ?? 0,
    session?.startedAt ?? 0,
  );
  return {
    address,
    kind,
    ...(session === undefined ? {} : { session }),
    memory: memory ?? freshRole,
    activeAt: activeAt + sleptSince(sleeps, activeAt, access.clock.now()),
    isNeeded: kind === "patrol" && (await isRoleNeeded(access, role, isTownBusy)),
  };
}

async function act(
  access: TownAccess,
  view: RoleView,
  action: Exclude<RoleAction, { kind: "wait" }>,
  warn: KeepRolesOptions["report"],
): Promise<void> {
  const { address, memory, session } = view;
  const now = access.clock.now();
  const remember = (value: RoleMemory): Operation => ({
    op: "putRow",
    table: patrolTable,
    key: roleMemoryKey(address),
    value,
  });
  const event = (type: string, payload: Readonly<Record<string, unknown>>): Operation => ({
    op: "event",
    event: { type, payload: { agent: address, ...payload }, source: "daemon" },
  });
  switch (action.kind) {
    case "start":
    case "restart": {
      const isCrash = session?.exitReason !== "host-lost";
      const series = isCrash
        ? withRestart(memory.series, session?.endedAt ?? now, now, roleRestartLimits)
        : memory.series;
      await access.ledger.write(access.actor, [
        remember({ ...memory, series }),
        event("agent_restarted", { reason: action.reason, attempt: series.restartedAt.length }),
      ]);
      if (action.kind === "restart") await stopRole(access, address);
      await startRole(access, address, warn === undefined ? {} : { warn });
      // The first start of all is no restart, unless it fails.
      if (session === undefined) await access.ledger.write(access.actor, [remember(memory)]);
      return;
    }
    case "nudge":
      await access.ledger.write(access.actor, [remember({ ...memory, nudgedAt: now })]);
      await nudge(access, { to: address, from: "deacon/boot", text: "Do your rounds.", mode: "wait-idle" });
      return;
    case "give-up": {
      const raised = await raising(access, {
        title: `${address} keeps ending and is not started any more`,
        reason: `Look: gt daemon logs. Then: gt daemon clear-backoff ${address}`,
        severity: "high",
        by: access.actor,
        source: `daemon:crash_loop:${address}`,
        same: "source",
        tier: "overseer",
        event: { target: address },
        eventSource: "daemon",
      });
      await access.ledger.write(access.actor, [
        remember({ series: { ...memory.series, crashLoopSince: now }, isGivenUp: true }),
        event("crash_loop", { count: action.count, window: "15m" }),
        ...raised.operations,
      ]);
    }
  }
}
