import type { Agent, Bead } from "../../core/ledger/bead.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { type Rivalry, rivalsAmong } from "../../core/convoys/rivals.ts";
import { crashPoint } from "../../core/crash-point.ts";
import { raising } from "../../core/escalation/raise.ts";
import { GtError } from "../../core/gt-error.ts";
import {
  type DispatchPlan,
  type QueuedSling,
  planDispatch,
  type RigLoad,
} from "../../core/scheduler/plan-dispatch.ts";
import { type AccountLimit, roomOf } from "../../core/scheduler/account-limits.ts";
import { lastServed, recordPass, recordServed } from "../../core/scheduler/dispatch-record.ts";
import { openContexts, type StoredContext } from "../../core/scheduler/sling-context.ts";
import { durationSetting, numberSetting, settingAt } from "../../core/town/setting.ts";
import { setTimeout as pause } from "node:timers/promises";
import { sessionAccounts, startAccounts } from "../accounts/account-keys.ts";
import { beadFailure } from "../lifecycle/count-bead-failure.ts";
import { observeLimits } from "../lifecycle/observe-limits.ts";
import { rigProperty } from "../../core/town/rig-properties.ts";
import { mayStartByItself } from "../lifecycle/rig-admission.ts";
import { runtimeOf } from "../lifecycle/runtime-choice.ts";
import { sling } from "../lifecycle/sling.ts";
import { WorkForecast } from "../lifecycle/work-forecast.ts";
import { hasSessions } from "../sessions/backend.ts";
import type { SessionRecord } from "../sessions/session-host.ts";
import type { TownAccess } from "../town-access.ts";
import { hostSnapshot } from "./agent-health.ts";

const minute = 60_000;
const maxFailures = 3;

export interface DispatchPassOptions {
  readonly signal?: AbortSignal;
  /** Most to start in this pass; `scheduler.batch_size` by default. */
  readonly batchSize?: number;
  /** Only says what would be started. */
  readonly dryRun?: boolean;
  readonly report?: (line: string) => void;
  /** What was found out about files in earlier passes of this process. */
  readonly forecast?: WorkForecast;
}

export interface DispatchPassReport extends DispatchPlan {
  /** Polecats that there is room for. */
  readonly capacity: number;
  /** Open contexts of the deferred mode that nothing starts while slings are direct. */
  readonly leftOver: readonly string[];
  readonly started: readonly { readonly bead: string; readonly agent: string }[];
  /** When to look again, if a change does not make it necessary before: milliseconds from now. */
  readonly againMs?: number;
}

/**
 * One pass over what is queued (spec/05 §9.3 steps 2-8), for the daemon and `gt scheduler run`. The caller holds the
 * lock `scheduler` and has made sure that nothing is paused or stopped.
 */
export async function dispatchQueued(
  access: TownAccess,
  options: DispatchPassOptions = {},
): Promise<DispatchPassReport> {
  const settings = access.town.settings();
  const max = numberSetting(settings, "scheduler.max_polecats");
  const { queued, beads } = await readQueue(access, max > 0, options.dryRun === true);
  const leftOver = queued.filter((entry) => !entry.isForNow).map((entry) => entry.context.bead);
  const { sessions } = await hostSnapshot(access);
  const living = [...sessions.values()].filter((session) => session.phase !== "exited");
  const limits = await observeLimits(access, living);
  const loads = queued.length === 0 ? new Map<string, RigLoad>() : await rigLoads(access, living);
  const atWork = queued.length === 0 ? [] : await beadsAtWork(access);
  const working = [...loads.values()].reduce((sum, load) => sum + load.working, 0);
  const cap = numberSetting(settings, "operational.polecat.max_working");
  const capacity = (max > 0 ? Math.min(max, cap) : cap) - working;
  const now = access.clock.now();
  const startAccount = await startAccounts(access);
  const adjustments = queued.length === 0 ? new Map<string, number>() : await priorityAdjustments(access);
  const rivals =
    capacity > 0
      ? await rivalsOf(access, queued, beads, atWork, options.forecast ?? new WorkForecast())
      : new Map<string, ReadonlyMap<string, Rivalry>>();
  const plan = planDispatch(
    capacity,
    // In direct mode only returned work is queued; nothing is gained by starting it one at a time.
    options.batchSize ?? (max > 0 ? numberSetting(settings, "scheduler.batch_size") : queued.length),
    queued.map(({ context: stored, isReady }) => {
      const bead = beads.get(stored.bead);
      const account = bead === undefined ? undefined : accountOf(access, bead, stored, startAccount);
      const limit = account === undefined ? undefined : limits.get(account);
      return {
        ...toQueued(stored, isReady && limit?.isClosed !== true),
        priority: (bead?.priority ?? usualPriority) + (adjustments.get(stored.rig) ?? 0),
        ...(account === undefined ? {} : { account }),
        rivals: rivals.get(stored.bead) ?? new Map<string, Rivalry>(),
      };
    }),
    loads,
    {
      now,
      ageBoostMs: durationSetting(settings, "scheduler.age_boost"),
      accountRoom: await accountRoom(access, limits, living),
      atWork: new Set(atWork.map((bead) => bead.id)),
    },
  );
  const report = { ...plan, capacity, leftOver };
  if (options.dryRun === true) return { ...report, started: [] };

  const byId = new Map(queued.map((entry) => [entry.context.id, entry.context]));
  const delayMs = durationSetting(settings, "scheduler.spawn_delay");
  const started: { bead: string; agent: string }[] = [];
  for (const [index, { id }] of plan.dispatch.entries()) {
    const stored = byId.get(id);
    if (stored === undefined) break;
    if (index > 0 && delayMs > 0) await pause(delayMs, undefined, { signal: options.signal }).catch(() => {});
    if (options.signal?.aborted === true) break;
    const agent = await dispatch(access, stored, options.report ?? (() => {}));
    if (agent !== undefined) started.push({ bead: stored.bead, agent });
  }
  if (started.length > 0) await access.ledger.write(access.actor, [recordPass(now, started.length)]);
  if (plan.dispatch.length > 0 && plan.skipped > 0 && capacity > plan.dispatch.length)
    return { ...report, started, againMs: Math.max(1000, delayMs) };
  const waits = [
    ...queued.map(({ context: stored }) => (stored.not_before ?? 0) - now),
    ...[...limits.values()].map((limit) => limit.until - now),
  ];
  const soonest = Math.min(...waits.filter((ms) => ms > 0));
  return { ...report, started, ...(Number.isFinite(soonest) ? { againMs: soonest } : {}) };
}

interface QueueEntry {
  readonly context: StoredContext;
  readonly isReady: boolean;
  /** Queued for the mode that the town is in. */
  readonly isForNow: boolean;
}

/** Open contexts after closing those that have become pointless (spec/05 §9.3 step 2). */
async function readQueue(
  access: TownAccess,
  isDeferred: boolean,
  isLooking: boolean,
): Promise<{ readonly queued: readonly QueueEntry[]; readonly beads: ReadonlyMap<string, Bead> }> {
  const { contexts, broken } = await openContexts(access.ledger);
  const beads = await access.ledger.getMany(contexts.map((stored) => stored.bead));
  const closings: Operation[] = broken.map((id) => close(id, "invalid-context"));
  const queued: QueueEntry[] = [];
  const seen = new Set<string>();
  const openRigs = new Set<string>();
  for (const rig of access.town.rigs())
    if (await mayStartByItself(access.ledger, access.town, rig)) openRigs.add(rig.name);
  const now = access.clock.now();
  for (const stored of contexts) {
    const bead = beads.get(stored.bead);
    const isGone = bead === undefined || ["closed", "hooked", "in_progress"].includes(bead.status);
    if (isGone) closings.push(close(stored.id, "stale-work-bead"));
    else if ((stored.dispatch_failures ?? 0) >= maxFailures)
      closings.push(...(await circuitBroken(access, stored)));
    else if (seen.has(stored.bead)) closings.push(close(stored.id, "duplicate"));
    else {
      seen.add(stored.bead);
      const isDue = (stored.not_before ?? 0) <= now;
      const isOpen = bead.status === "open" && !bead.isBlocked && openRigs.has(stored.rig);
      const isForNow = isDeferred || stored.reason !== "sling" || stored.not_before !== undefined;
      queued.push({ context: stored, isReady: isDue && isOpen && isForNow, isForNow });
    }
  }
  if (closings.length > 0 && !isLooking) await access.ledger.write(access.actor, closings);
  return { queued, beads };
}

/** Three failures: a person has to look; the bead itself stays as it is. */
async function circuitBroken(access: TownAccess, stored: StoredContext): Promise<readonly Operation[]> {
  const raised = await raising(access, {
    title: `${stored.bead} could not be started ${maxFailures} times`,
    reason: `${stored.last_failure ?? "unknown"}\nMend that, then: gt sling ${stored.bead} ${stored.rig}`,
    severity: "low",
    by: access.actor,
    source: `scheduler:${stored.bead}`,
    same: "source",
    related: stored.bead,
    // Nobody but the mayor can tell what is wrong with it (spec/04 §9.3).
    tier: "mayor",
    protocol: {
      subject: `REDISPATCH_FAILED: ${stored.bead} (${maxFailures} attempts)`,
      values: { Bead: stored.bead, Attempts: maxFailures, "Last Rig": stored.rig },
    },
    event: { target: stored.bead, rig: stored.rig },
    eventSource: "daemon",
  });
  return [close(stored.id, "circuit-broken"), ...raised.operations];
}

const close = (id: string, reason: string): Operation => ({
  op: "close",
  id,
  close: { reason, force: true },
});

const usualPriority = 2;

const toQueued = (stored: StoredContext, isReady: boolean): Omit<QueuedSling, "priority"> => ({
  id: stored.id,
  bead: stored.bead,
  rig: stored.rig,
  enqueuedAt: stored.enqueued_at,
  reason: stored.reason,
  isReady,
});

/** What the rigs' property `priority_adjustment` adds to the priority of their beads (spec/04 §7.4). */
async function priorityAdjustments({ town, ledger }: TownAccess): Promise<ReadonlyMap<string, number>> {
  const found = new Map<string, number>();
  for (const rig of town.rigs())
    found.set(rig.name, Number((await rigProperty(town, ledger, rig, "priority_adjustment")) ?? 0));
  return found;
}

/** Polecats whose session is alive, starting or about to be given back, scheduled and hand-slung alike (step 3). */
async function rigLoads(
  access: TownAccess,
  sessions: readonly SessionRecord[],
): Promise<ReadonlyMap<string, RigLoad>> {
  const agents = await access.ledger.agents({ role: "polecat", state: ["working", "spawning", "done"] });
  const living = new Set(sessions.map((each) => each.actor));
  const served = await lastServed(access.ledger);
  const isWorking = ({ state, address }: Agent): boolean =>
    state !== "working" || living.has(address) || !hasSessions(access.town);
  const limits = settingAt(access.town.settings(), "scheduler.rig_max") as Readonly<Record<string, unknown>>;
  return new Map(
    access.town.rigs().map((rig) => {
      const working = agents.filter((agent) => agent.rig === rig.name && isWorking(agent)).length;
      const max = limits[rig.name];
      const servedAt = served.get(rig.name);
      return [
        rig.name,
        {
          working,
          ...(typeof max === "number" ? { max } : {}),
          ...(servedAt === undefined ? {} : { servedAt }),
        },
      ];
    }),
  );
}

/** Work on polecats' hooks now: what is started beside it had better touch other files. */
async function beadsAtWork(access: TownAccess): Promise<readonly Bead[]> {
  const agents = await access.ledger.agents({ role: "polecat", state: ["working", "spawning", "done"] });
  return [...(await access.ledger.getMany(agents.map((agent) => agent.hookBead))).values()];
}

/** Which beads may get into each other's way. Asked only where there is a choice whom to start first. */
async function rivalsOf(
  access: TownAccess,
  queued: readonly QueueEntry[],
  beads: ReadonlyMap<string, Bead>,
  atWork: readonly Bead[],
  forecast: WorkForecast,
): Promise<ReturnType<typeof rivalsAmong>> {
  const ready = queued
    .filter((entry) => entry.isReady)
    .flatMap((entry) => beads.get(entry.context.bead) ?? []);
  if (ready.length < 2) return new Map();
  const { filesOf, conflicts } = await forecast.look(access, ready);
  return rivalsAmong([...ready, ...atWork], filesOf, conflicts);
}

/** The account on which it would be started; undefined when that cannot be said, which the start itself will report. */
function accountOf(
  access: TownAccess,
  bead: Bead,
  stored: StoredContext,
  startAccount: Awaited<ReturnType<typeof startAccounts>>,
): string | undefined {
  try {
    const runtime = runtimeOf(access.town, access.town.rig(stored.rig), bead, stored.agent);
    return startAccount(runtime, stored.account ?? "");
  } catch {
    return undefined;
  }
}

/** How many more may start on accounts that were limited lately. */
async function accountRoom(
  access: TownAccess,
  limits: ReadonlyMap<string, AccountLimit>,
  sessions: readonly SessionRecord[],
): Promise<ReadonlyMap<string, number>> {
  if (limits.size === 0) return new Map();
  const now = access.clock.now();
  const used = await sessionAccounts(access.ledger);
  return new Map(
    [...limits].map(([account, limit]) => {
      const working = sessions.filter((session) => used(session) === account).length;
      return [account, limit.isClosed ? 0 : roomOf(limit, now) - working];
    }),
  );
}

const uncounted = new Set([
  "E_POLECAT_CAP",
  "E_POLECAT_DIRS",
  "E_DISK",
  "E_ESTOP",
  "E_RIG_PARKED",
  "E_RIG_DOCKED",
  "E_RIG_UNREADABLE",
]);

/** Step 7. The context closes after the sling; a crash in between is cleaned up by the next pass, which sees the hook. */
async function dispatch(
  access: TownAccess,
  stored: StoredContext,
  report: (line: string) => void,
): Promise<string | undefined> {
  const { ledger } = access;
  try {
    const slung = await sling(access, {
      words: [stored.bead, stored.rig],
      options: {
        isDirect: true,
        convoy: "none",
        ...(stored.args === undefined ? {} : { args: stored.args }),
        ...(stored.subject === undefined ? {} : { subject: stored.subject }),
        ...(stored.message === undefined ? {} : { message: stored.message }),
        ...(stored.account === undefined ? {} : { account: stored.account }),
        ...(stored.agent === undefined ? {} : { agent: stored.agent }),
        ...(stored.merge === undefined ? {} : { merge: stored.merge }),
        ...(stored.base_branch === undefined ? {} : { baseBranch: stored.base_branch }),
        ...(stored.no_merge === true ? { noMerge: true } : {}),
        ...(stored.review_only === true ? { reviewOnly: true } : {}),
        ...(stored.mode === "ralph" ? { ralph: true } : {}),
        ...(stored.formula === undefined ? {} : { formula: stored.formula }),
        ...(stored.vars === undefined ? {} : { vars: stored.vars }),
        ...(stored.raw === true ? { raw: true } : {}),
      },
    });
    const polecat = slung.dispatched[0]?.agent ?? stored.rig;
    crashPoint("sched.slung");
    await ledger.write(access.actor, [
      close(stored.id, "dispatched"),
      recordServed(stored.rig, access.clock.now()),
      {
        op: "event",
        event: {
          type: "scheduler_dispatch",
          payload: { bead: stored.bead, polecat, rig: stored.rig },
          source: "daemon",
        },
      },
    ]);
    report(`${stored.bead} to ${polecat} (${stored.reason})`);
    return polecat;
  } catch (error) {
    // Somebody slings the same bead at this moment: the next pass sees what came of it.
    if (error instanceof GtError && error.code === "E_BUSY") return undefined;
    const message = error instanceof Error ? error.message : String(error);
    const counts = !(error instanceof GtError && uncounted.has(error.code));
    const failures = (stored.dispatch_failures ?? 0) + (counts ? 1 : 0);
    const waitMs = counts ? minute * 2 ** Math.max(0, failures - 1) : minute;
    await ledger.write(access.actor, [
      {
        op: "update",
        id: stored.id,
        fields: {
          metadata: {
            sling: {
              dispatch_failures: failures,
              last_failure: message,
              not_before: access.clock.now() + waitMs,
            },
          },
        },
      },
      {
        op: "event",
        event: {
          type: "scheduler_dispatch_failed",
          payload: { bead: stored.bead, error: message, rig: stored.rig },
          source: "daemon",
        },
      },
      ...(counts ? await beadFailure(access, stored.bead, `dispatch failed: ${message}`) : []),
    ]);
    report(`${stored.bead} not dispatched: ${message}`);
    return undefined;
  }
}
