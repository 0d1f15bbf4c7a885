import { readinessContext } from "../../../core/convoys/convoy-view.ts";
import { readConvoys } from "../../../core/convoys/convoy-snapshot.ts";
import { feedLockName, type MergeChoice } from "../../../core/convoys/convoy.ts";
import { type FeedStep, planFeed } from "../../../core/convoys/feed.ts";
import {
  clearFailure,
  type FeedFailure,
  nextFailure,
  putFailure,
} from "../../../core/convoys/feed-failures.ts";
import { checkConvoys } from "../../../core/convoys/landing.ts";
import { raising } from "../../../core/escalation/raise.ts";
import type { Operation } from "../../../core/ledger/operation.ts";
import { isLocked } from "../../../core/lock/lock.ts";
import { GtError } from "../../../core/gt-error.ts";
import { enqueueSling } from "../../../core/scheduler/sling-context.ts";
import { durationSetting, numberSetting } from "../../../core/town/setting.ts";
import { restingRigs } from "../../lifecycle/rig-admission.ts";
import { sling } from "../../lifecycle/sling.ts";
import { beadFailure } from "../../lifecycle/count-bead-failure.ts";
import { tellOfConvoys } from "../../mail/tell-of-convoys.ts";
import { auditMountains } from "../../patrols/audit-mountains.ts";
import { noteRegressions, watchConvoys } from "../../patrols/watch-convoys.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty, DutyResult } from "../duty-runner.ts";
import { pressureAgainMs } from "../pressure-gate.ts";

const minute = 60_000;
/** How long a convoy that somebody is slinging just now is left to him. */
const slungByHandAgainMs = 2000;
const lookForRegressionsMs = 5 * minute;
/** Failures in a row after which somebody is asked. */
const askAfterFailures = 3;

const transient = new Set([
  "E_POLECAT_CAP",
  "E_POLECAT_DIRS",
  "E_BUSY",
  "E_CONFLICT",
  "E_ESTOP",
  "E_RIG_PARKED",
  "E_RIG_DOCKED",
  "E_RIG_UNREADABLE",
]);

/** D11: convoys whose work has landed are closed, and those with ready work are fed (spec/05 §6.5). */
export function convoyDuty(context: DaemonContext): Duty {
  let lookedForRegressionsAt = 0;
  return {
    key: "convoys",
    intervalMs: minute,
    timeoutMs: 10 * minute,
    run: async (signal): Promise<DutyResult> => {
      const now = context.clock.now();
      for (const landed of await checkConvoys(context.ledger, context.actor, now))
        context.log.info(`convoy ${landed.id} landed (${landed.total})`);
      await tellOfConvoys(context);
      if (now - lookedForRegressionsAt >= lookForRegressionsMs) {
        lookedForRegressionsAt = now;
        await noteRegressions(context);
      }
      if (!context.isOperational()) return {};
      if (!(await context.pressure.isOpen())) return { againMs: pressureAgainMs };
      return feed(context, signal);
    },
  };
}

async function feed(context: DaemonContext, signal: AbortSignal): Promise<DutyResult> {
  const { ledger, town, clock } = context;
  const settings = town.settings();
  const now = clock.now();
  const parkedRigs = new Set(await restingRigs(ledger, town));
  for (const rig of town.rigs()) if (!context.isOperational(rig.name)) parkedRigs.add(rig.name);
  const graceMs = durationSetting(settings, "convoy.feed_grace");
  const all = await readConvoys(ledger);
  const snapshots = all.filter(({ convoy }) => !isLocked(town.paths.locks, feedLockName(convoy.id)));
  const readiness = await readinessContext(ledger, { now, parkedRigs });
  const waits = [await auditMountains(context, readiness), await watchConvoys(context, all, readiness)];
  const isDeferred = numberSetting(settings, "scheduler.max_polecats") > 0;
  const steps = planFeed(snapshots, {
    ...readiness,
    // A queue may fill while nothing is started from it.
    isPaused: readiness.isPaused === true && !isDeferred,
    feedMax: isDeferred ? Number.POSITIVE_INFINITY : numberSetting(settings, "convoy.feed_max"),
    graceMs,
  });
  if (snapshots.length < all.length) waits.push(slungByHandAgainMs);
  for (const { convoy } of snapshots) waits.push(convoy.createdAt + graceMs - now);
  for (const { until } of readiness.backoff?.values() ?? []) waits.push(until - now);
  const fed = new Map<string, string[]>();
  for (const step of steps) {
    if (signal.aborted) break;
    if (isDeferred) await schedule(context, step);
    else {
      const wait = await start(context, step, readiness.backoff?.get(step.bead));
      if (wait !== undefined) waits.push(wait);
      if (wait !== undefined || !(await isUnderWay(context, step.bead))) continue;
    }
    fed.set(step.convoy, [...(fed.get(step.convoy) ?? []), step.bead]);
  }
  if (fed.size > 0)
    await ledger.write(
      context.actor,
      [...fed].map(([convoy, beads]) => ({
        op: "event",
        event: { type: "convoy_fed", payload: { convoy, beads } },
      })),
    );
  const soonest = Math.min(...waits.filter((ms) => ms !== undefined && ms > 0).map(Number));
  return Number.isFinite(soonest) ? { againMs: soonest } : {};
}

/** Direct mode. Returns how long the bead is left alone after a failure, in milliseconds. */
async function start(
  context: DaemonContext,
  step: FeedStep,
  before: FeedFailure | undefined,
): Promise<number | undefined> {
  const { ledger, actor, clock } = context;
  try {
    await sling(context, {
      words: [step.bead, step.rig],
      options: {
        convoy: "none",
        ...(step.baseBranch === undefined ? {} : { baseBranch: step.baseBranch }),
        ...(step.merge === undefined ? {} : { merge: step.merge as MergeChoice }),
      },
    });
    if (before !== undefined) await ledger.write(actor, [clearFailure(step.bead)]);
    context.log.info(`convoy ${step.convoy}: slung ${step.bead} to ${step.rig}`);
    return undefined;
  } catch (error) {
    // The town is full, or somebody is at it: no failure of the bead, and a change will wake us.
    if (error instanceof GtError && transient.has(error.code)) return undefined;
    const message = error instanceof Error ? error.message : String(error);
    const failure = nextFailure(before, message, clock.now());
    await ledger.write(actor, [
      putFailure(step.bead, failure),
      ...(await beadFailure(context, step.bead, `dispatch failed: ${message}`)),
      ...(failure.count === askAfterFailures ? await asking(context, step, message) : []),
    ]);
    context.log.warn(`convoy ${step.convoy}: ${step.bead} not dispatched: ${message}`);
    return failure.until - clock.now();
  }
}

async function asking(context: DaemonContext, step: FeedStep, why: string): Promise<readonly Operation[]> {
  const raised = await raising(context, {
    title: `${step.bead} could not be started ${askAfterFailures} times`,
    reason: `${why}\nMend that, then: gt convoy refresh ${step.convoy}`,
    ...{ severity: "low", by: context.actor, source: `feed:${step.bead}`, same: "source" },
    related: step.bead,
    event: { target: step.bead, rig: step.rig },
    eventSource: "daemon",
  });
  return raised.operations;
}

async function isUnderWay(context: DaemonContext, bead: string): Promise<boolean> {
  return (await context.ledger.get(bead))?.assignee !== "";
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
