import { readinessContext } from "../../../core/convoys/convoy-view.ts";
import { readConvoys } from "../../../core/convoys/convoy-snapshot.ts";
import { feedLockName, type MergeChoice } from "../../../core/convoys/convoy.ts";
import { type FeedStep, planFeed } from "../../../core/convoys/feed.ts";
import { checkConvoys } from "../../../core/convoys/landing.ts";
import { isLocked } from "../../../core/lock/lock.ts";
import { GtError } from "../../../core/gt-error.ts";
import { enqueueSling, openContexts } from "../../../core/scheduler/sling-context.ts";
import { durationSetting, numberSetting } from "../../../core/town/setting.ts";
import { sling } from "../../lifecycle/sling.ts";
import { countBeadFailure } from "../../lifecycle/count-bead-failure.ts";
import { tellOfConvoys } from "../../mail/tell-of-convoys.ts";
import { auditMountains } from "../../patrols/audit-mountains.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty, DutyResult } from "../duty-runner.ts";
import { PressureGate, pressureAgainMs } from "../pressure-gate.ts";
import { isRigAtWork } from "../rig-at-work.ts";

const minute = 60_000;
const maxBackoffMs = 30 * minute;
/** How long a convoy that somebody is slinging just now is left to him. */
const slungByHandAgainMs = 2000;

const transient = new Set([
  "E_POLECAT_CAP",
  "E_POLECAT_DIRS",
  "E_BUSY",
  "E_CONFLICT",
  "E_ESTOP",
  "E_RIG_PARKED",
  "E_RIG_DOCKED",
]);

interface Failure {
  readonly count: number;
  readonly until: number;
  readonly error: string;
}

/** D11: convoys whose work has landed are closed, and those with ready work are fed (spec/05 §6.5). */
export function convoyDuty(context: DaemonContext): Duty {
  // Only delays dispatch; a new daemon tries once more at once.
  const failures = new Map<string, Failure>();
  const gate = new PressureGate(context);
  return {
    key: "convoys",
    intervalMs: minute,
    timeoutMs: 10 * minute,
    run: async (signal): Promise<DutyResult> => {
      for (const landed of await checkConvoys(context.ledger, context.actor, context.clock.now()))
        context.log.info(`convoy ${landed.id} landed (${landed.total})`);
      await tellOfConvoys(context);
      if (!context.isOperational()) return {};
      if (!(await gate.isOpen())) return { againMs: pressureAgainMs };
      return feed(context, failures, signal);
    },
  };
}

async function feed(
  context: DaemonContext,
  failures: Map<string, Failure>,
  signal: AbortSignal,
): Promise<DutyResult> {
  const { ledger, town, clock } = context;
  const settings = town.settings();
  const now = clock.now();
  const parkedRigs = new Set<string>();
  for (const rig of town.rigs()) if (!(await isRigAtWork(context, rig))) parkedRigs.add(rig.name);
  const graceMs = durationSetting(settings, "convoy.feed_grace");
  const all = await readConvoys(ledger);
  const snapshots = all.filter(({ convoy }) => !isLocked(town.paths.locks, feedLockName(convoy.id)));
  const readiness = { ...(await readinessContext(ledger, { now, parkedRigs })), backoff: failures };
  await auditMountains(context, readiness);
  const steps = planFeed(snapshots, {
    ...readiness,
    feedMax: numberSetting(settings, "convoy.feed_max"),
    graceMs,
  });
  let againMs = snapshots.length < all.length ? slungByHandAgainMs : Number.POSITIVE_INFINITY;
  for (const { convoy } of snapshots) {
    const left = convoy.createdAt + graceMs - now;
    if (left > 0) againMs = Math.min(againMs, left);
  }
  // What is queued is the scheduler's to start.
  const queued = new Set((await openContexts(ledger)).contexts.map((stored) => stored.bead));
  const isDeferred = numberSetting(settings, "scheduler.max_polecats") > 0;
  for (const step of steps) {
    if (signal.aborted) break;
    if (queued.has(step.bead)) continue;
    if (isDeferred) {
      await schedule(context, step);
      continue;
    }
    try {
      await sling(context, {
        words: [step.bead, step.rig],
        options: {
          convoy: "none",
          ...(step.baseBranch === undefined ? {} : { baseBranch: step.baseBranch }),
          ...(step.merge === undefined ? {} : { merge: step.merge as MergeChoice }),
        },
      });
      failures.delete(step.bead);
      context.log.info(`convoy ${step.convoy}: slung ${step.bead} to ${step.rig}`);
    } catch (error) {
      // The town is full, or somebody is at it: no failure of the bead, and a change will wake us.
      if (error instanceof GtError && transient.has(error.code)) continue;
      const failure = failed(failures.get(step.bead), error, clock.now());
      failures.set(step.bead, failure);
      await countBeadFailure(context, step.bead, `dispatch failed: ${failure.error}`);
      againMs = Math.min(againMs, failure.until - clock.now());
      context.log.warn(`convoy ${step.convoy}: ${step.bead} not dispatched: ${failure.error}`);
    }
  }
  return Number.isFinite(againMs) ? { againMs } : {};
}

/** Deferred mode: all ready work is queued, and the scheduler starts as much of it as the town may hold (spec/05 §6.5). */
async function schedule(context: DaemonContext, step: FeedStep): Promise<void> {
  const bead = await context.ledger.get(step.bead);
  await context.ledger.write(
    context.actor,
    enqueueSling(
      {
        bead: step.bead,
        rig: step.rig,
        reason: "feed",
        enqueued_at: context.clock.now(),
        ...(step.baseBranch === undefined ? {} : { base_branch: step.baseBranch }),
        ...(step.merge === undefined ? {} : { merge: step.merge as MergeChoice }),
      },
      bead?.title ?? step.bead,
    ),
  );
}

/** 1, 2, 4 ... 30 minutes. */
function failed(before: Failure | undefined, error: unknown, now: number): Failure {
  const count = (before?.count ?? 0) + 1;
  return {
    count,
    until: now + Math.min(maxBackoffMs, minute * 2 ** (count - 1)),
    error: error instanceof Error ? error.message : String(error),
  };
}
