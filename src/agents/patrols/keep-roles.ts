import { raising } from "../../core/escalation/raise.ts";
import { GtError } from "../../core/gt-error.ts";
import { roleRestartLimits, withRestart } from "../../core/health/restart-series.ts";
import type { LifeLimits } from "../../core/health/sign-of-life.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { refinerySwitch } from "../../core/merge/refinery-switch.ts";
import { type Address, formatAddress } from "../../core/town/address.ts";
import { patrolsRig, readPatrols } from "../../core/town/patrol-settings.ts";
import { durationSetting } from "../../core/town/setting.ts";
import type { Rig } from "../../core/town/town.ts";
import { isSuperseded } from "./act-on-worker.ts";
import { forgetSilence, lifeLimits, lifeOf, putQuestion } from "./ask-for-life.ts";
import { hostSnapshot } from "./agent-health.ts";
import {
  decideRole,
  type RoleAction,
  type RoleLimits,
  type RoleMemory,
  type RoleView,
} from "./decide-role.ts";
import { liveSession } from "../lifecycle/agent-session.ts";
import { restartRole, startRole } from "../lifecycle/role-session.ts";
import { roleMemoryKey } from "../lifecycle/forget-restarts.ts";
import type { TownAccess } from "../town-access.ts";
import { observeRole, observeTown } from "./observe-role.ts";
import { patrolTable } from "./worker-memory.ts";
import { isSwitchedOff } from "./role-switch.ts";
import type { StartBudget } from "./start-budget.ts";

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
    ...lifeLimits(settings),
    weakCreditMs: durationSetting(settings, "operational.health.weak_credit"),
    staleMs: durationSetting(settings, "operational.deacon.stale"),
    veryStaleMs: durationSetting(settings, "operational.deacon.very_stale"),
    graceMs: durationSetting(settings, "operational.daemon.deacon_grace"),
    missingMs: 3 * durationSetting(settings, "operational.daemon.heartbeat"),
  };
  const town = await observeTown(access, host, limits);
  let againMs = Number.POSITIVE_INFINITY;
  for (const address of wanted) {
    const now = access.clock.now();
    const view = await observeRole(access, address, town);
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
      options.report?.(`${view.address}: ${describe(action, limits)}`);
      if (action.kind === "ask") againMs = Math.min(againMs, limits.timeoutMs);
    } catch (error) {
      if (!isSuperseded(error)) options.report?.(`${view.address}: ${action.kind} failed: ${String(error)}`);
      // Nothing changes about a used up budget soon: the next heartbeat is early enough.
      if (!(error instanceof GtError && error.code === "E_BUDGET")) againMs = Math.min(againMs, 30_000);
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

/** Others took their time while this one waited for its turn. */
async function expectUnwatched(access: TownAccess, { address, session }: RoleView): Promise<void> {
  const live = await liveSession(access, address);
  if (live?.runId !== session?.runId || (live?.viewers ?? 0) > 0)
    throw new GtError("E_STATE", `${address} is not as it was`);
}

function describe(action: RoleAction, limits: LifeLimits): string {
  if (action.kind === "ask") return `asked for a sign of life (${action.failures}/${limits.failures})`;
  if (action.kind === "pardon") return "gave a sign of life";
  return action.kind === "restart" ? `restart: ${action.reason}` : action.kind;
}

async function act(
  access: TownAccess,
  view: RoleView,
  action: Exclude<RoleAction, { kind: "wait" }>,
  warn: KeepRolesOptions["report"],
): Promise<void> {
  const { address, memory, session, life } = view;
  if (action.kind === "ask" || action.kind === "restart") await expectUnwatched(access, view);
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
      const diedAt = action.kind === "restart" ? action.silentSince : (session?.endedAt ?? now);
      const series = isCrash ? withRestart(memory.series, diedAt, now, roleRestartLimits) : memory.series;
      await access.ledger.write(access.actor, [remember({ ...memory, series })]);
      const options = warn === undefined ? {} : { warn };
      try {
        if (action.kind === "start") await startRole(access, address, options);
        else await restartRole(access, address, { ...options, why: action.reason });
      } catch (error) {
        // Tomorrow there is money again: until then it is not the role that fails.
        if (error instanceof GtError && error.code === "E_BUDGET")
          await access.ledger.write(access.actor, [remember(memory)]);
        throw error;
      }
      await access.ledger.write(access.actor, [
        // The first start of all is no restart, unless it fails.
        ...(session === undefined ? [remember(memory)] : []),
        event("agent_restarted", { reason: action.reason, attempt: series.restartedAt.length }),
      ]);
      if (action.kind === "restart" && life !== undefined) await forgetSilence(access, address, life);
      return;
    }
    case "ask": {
      const { failures, silentSince } = action;
      const row = await lifeOf(access, address);
      if (row?.value.askedAt !== life?.askedAt) throw new GtError("E_CONFLICT", "somebody has asked since");
      await putQuestion(access, address, { row, failures, silentSince });
      return;
    }
    case "pardon":
      if (life !== undefined) await forgetSilence(access, address, life);
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
