import type { Bead } from "../../../core/ledger/bead.ts";
import type { Operation } from "../../../core/ledger/operation.ts";
import { GtError } from "../../../core/gt-error.ts";
import { withLock } from "../../../core/lock/lock.ts";
import { type QueuedSling, planDispatch, type RigLoad } from "../../../core/scheduler/plan-dispatch.ts";
import { readPause } from "../../../core/scheduler/pause.ts";
import { openContexts, type StoredContext } from "../../../core/scheduler/sling-context.ts";
import { durationSetting, numberSetting, settingAt } from "../../../core/town/setting.ts";
import { sling } from "../../lifecycle/sling.ts";
import { hostSnapshot } from "../../patrols/agent-health.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty, DutyResult } from "../duty-runner.ts";
import { PressureGate, pressureAgainMs } from "../pressure-gate.ts";

const minute = 60_000;
const maxFailures = 3;

/** D10: starts what was queued because the town was full, paused, or because work came back (spec/05 §9.3). */
export function schedulerDuty(context: DaemonContext): Duty {
  const gate = new PressureGate(context);
  return {
    key: "scheduler",
    intervalMs: 3 * minute,
    timeoutMs: 10 * minute,
    run: async (signal): Promise<DutyResult> => {
      if (!context.isOperational() || (await readPause(context.ledger)) !== undefined) return {};
      if (!(await gate.isOpen())) return { againMs: pressureAgainMs };
      try {
        return await withLock(context.town.paths.locks, "scheduler", { kind: "dispatch" }, () =>
          pass(context, signal),
        );
      } catch (error) {
        // Somebody else is dispatching; what he leaves over is for the next pass.
        if (error instanceof GtError && error.code === "E_BUSY") return { againMs: 1000 };
        throw error;
      }
    },
  };
}

async function pass(context: DaemonContext, signal: AbortSignal): Promise<DutyResult> {
  const settings = context.town.settings();
  const max = numberSetting(settings, "scheduler.max_polecats");
  const { queued, beads } = await readQueue(context, max > 0);
  if (queued.length === 0) return {};

  const loads = await rigLoads(context);
  const working = [...loads.values()].reduce((sum, load) => sum + load.working, 0);
  const cap = numberSetting(settings, "operational.polecat.max_working");
  const capacity = (max > 0 ? Math.min(max, cap) : cap) - working;
  const now = context.clock.now();
  const plan = planDispatch(
    capacity,
    // In direct mode only returned work is queued; nothing is gained by starting it one at a time.
    max > 0 ? numberSetting(settings, "scheduler.batch_size") : queued.length,
    queued.map(({ context: stored, isReady }) => toQueued(stored, beads.get(stored.bead), isReady)),
    loads,
    { now, ageBoostMs: durationSetting(settings, "scheduler.age_boost") },
  );
  const byId = new Map(queued.map((entry) => [entry.context.id, entry.context]));
  for (const { id } of plan.dispatch) {
    const stored = byId.get(id);
    if (stored === undefined || signal.aborted) break;
    await dispatch(context, stored);
  }
  const delayMs = Math.max(1000, durationSetting(settings, "scheduler.spawn_delay"));
  if (plan.dispatch.length > 0 && plan.skipped > 0 && capacity > plan.dispatch.length)
    return { againMs: delayMs };
  const soonest = Math.min(
    ...queued.map(({ context: stored }) => (stored.not_before ?? 0) - now).filter((ms) => ms > 0),
  );
  return Number.isFinite(soonest) ? { againMs: soonest } : {};
}

interface QueueEntry {
  readonly context: StoredContext;
  readonly isReady: boolean;
}

/** Open contexts after closing those that have become pointless (spec/05 §9.3 step 2). */
async function readQueue(
  context: DaemonContext,
  isDeferred: boolean,
): Promise<{ readonly queued: readonly QueueEntry[]; readonly beads: ReadonlyMap<string, Bead> }> {
  const { contexts, broken } = await openContexts(context.ledger);
  const beads = await context.ledger.getMany(contexts.map((stored) => stored.bead));
  const closings: Operation[] = broken.map((id) => close(id, "invalid-context"));
  const queued: QueueEntry[] = [];
  const seen = new Set<string>();
  const now = context.clock.now();
  for (const stored of contexts) {
    const bead = beads.get(stored.bead);
    const isGone = bead === undefined || ["closed", "hooked", "in_progress"].includes(bead.status);
    if (isGone) closings.push(close(stored.id, "stale-work-bead"));
    else if ((stored.dispatch_failures ?? 0) >= maxFailures)
      closings.push(close(stored.id, "circuit-broken"));
    else if (seen.has(stored.bead)) closings.push(close(stored.id, "duplicate"));
    else {
      seen.add(stored.bead);
      const isDue = (stored.not_before ?? 0) <= now;
      const isOpen = bead.status === "open" && !bead.isBlocked && context.isOperational(stored.rig);
      const isForNow = isDeferred || stored.reason !== "sling" || stored.not_before !== undefined;
      queued.push({ context: stored, isReady: isDue && isOpen && isForNow });
    }
  }
  if (closings.length > 0) await context.ledger.write(context.actor, closings);
  return { queued, beads };
}

const close = (id: string, reason: string): Operation => ({
  op: "close",
  id,
  close: { reason, force: true },
});

const toQueued = (stored: StoredContext, bead: Bead | undefined, isReady: boolean): QueuedSling => ({
  id: stored.id,
  bead: stored.bead,
  rig: stored.rig,
  priority: bead?.priority ?? 2,
  enqueuedAt: stored.enqueued_at,
  reason: stored.reason,
  isReady,
});

/** Polecats with a hooked bead whose session is alive or starting, scheduled and hand-slung alike (step 3). */
async function rigLoads(context: DaemonContext): Promise<ReadonlyMap<string, RigLoad>> {
  const agents = await context.ledger.agents({ role: "polecat", state: ["working", "spawning", "done"] });
  const { sessions } = await hostSnapshot(context);
  const living = new Set(
    [...sessions.values()].filter((each) => each.phase !== "exited").map((each) => each.actor),
  );
  const limits = settingAt(context.town.settings(), "scheduler.rig_max") as Readonly<Record<string, unknown>>;
  return new Map(
    context.town.rigs().map((rig) => {
      const working = agents.filter(
        (agent) => agent.rig === rig.name && (agent.state === "spawning" || living.has(agent.address)),
      ).length;
      const max = limits[rig.name];
      return [rig.name, { working, ...(typeof max === "number" ? { max } : {}) }];
    }),
  );
}

const uncounted = new Set(["E_POLECAT_CAP", "E_POLECAT_DIRS", "E_DISK", "E_ESTOP"]);

/** Step 7. The context closes after the sling; a crash in between is cleaned up by the next pass, which sees the hook. */
async function dispatch(context: DaemonContext, stored: StoredContext): Promise<void> {
  const { ledger, log } = context;
  try {
    const report = await sling(context, {
      words: [stored.bead, stored.rig],
      options: {
        isDirect: true,
        convoy: "none",
        ...(stored.args === undefined ? {} : { args: stored.args }),
        ...(stored.agent === undefined ? {} : { agent: stored.agent }),
        ...(stored.merge === undefined ? {} : { merge: stored.merge }),
        ...(stored.base_branch === undefined ? {} : { baseBranch: stored.base_branch }),
        ...(stored.no_merge === true ? { noMerge: true } : {}),
        ...(stored.review_only === true ? { reviewOnly: true } : {}),
        ...(stored.mode === "ralph" ? { ralph: true } : {}),
      },
    });
    const polecat = report.dispatched[0]?.agent ?? stored.rig;
    await ledger.write(context.actor, [
      close(stored.id, "dispatched"),
      {
        op: "event",
        event: {
          type: "scheduler_dispatch",
          payload: { bead: stored.bead, polecat, rig: stored.rig },
          source: "daemon",
        },
      },
    ]);
    log.info(`scheduler: ${stored.bead} to ${polecat} (${stored.reason})`);
  } catch (error) {
    // Somebody slings the same bead at this moment: the next pass sees what came of it.
    if (error instanceof GtError && error.code === "E_BUSY") return;
    const message = error instanceof Error ? error.message : String(error);
    const counts = !(error instanceof GtError && uncounted.has(error.code));
    const failures = (stored.dispatch_failures ?? 0) + (counts ? 1 : 0);
    const waitMs = counts ? minute * 2 ** Math.max(0, failures - 1) : minute;
    await ledger.write(context.actor, [
      {
        op: "update",
        id: stored.id,
        fields: {
          metadata: {
            sling: {
              dispatch_failures: failures,
              last_failure: message,
              not_before: context.clock.now() + waitMs,
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
    ]);
    log.warn(`scheduler: ${stored.bead} not dispatched: ${message}`);
  }
}
