import { acquireLock } from "../../core/lock/lock.ts";
import type { Rig } from "../../core/town/town.ts";
import { expectOperational } from "../lifecycle/rig-admission.ts";
import type { TownAccess } from "../town-access.ts";
import { askAboutOverdue } from "./ask-about-overdue.ts";
import { autoLand, autoLandCandidates } from "./auto-land.ts";
import { QueueDriver } from "./drive-queue.ts";
import { mayRun } from "./may-run.ts";
import { observeQueue } from "./observe-queue.ts";
import { type QueueContext, queueContext } from "./queue-context.ts";
import type { QueueReport } from "./queue-report.ts";
import { recoverRuns } from "./recover-runs.ts";
import { tidyQueue } from "./tidy-queue.ts";
import { warnOfNoGates } from "./warn-of-no-gates.ts";
import { liveRuns } from "../../core/merge/run-record.ts";

export interface RunQueueOptions {
  /** Ends the current gates and the run before any further push. */
  readonly signal?: AbortSignal;
  /** How long to wait for a batch to fill or a short hold to end, in milliseconds. Default 60 s. */
  readonly patienceMs?: number;
  /** At most one run. */
  readonly once?: "once";
  readonly target?: string;
  /** Runs although `gt refinery stop` or agent mode says that the queue does not run by itself. */
  readonly byHand?: "by-hand";
  /** One line for each step. */
  readonly tell?: (line: string) => void;
}

const nothing: QueueReport = {
  merged: [],
  ejected: [],
  conflicts: [],
  quarantined: [],
  runs: 0,
  gateRuns: 0,
  waiting: 0,
};

/**
 * Works on a rig's merge queue until nothing is eligible: recovers runs of dead processes, then forms, stacks, gates and
 * lands batches (spec/05 §2.2). Costs two ledger queries when there is nothing to do. Throws `E_BUSY` when another
 * process drives this queue, `E_CONFIG` for unusable settings; by hand also why the rig does not work (`E_RIG_PARKED`, ...).
 */
export async function runQueue(
  access: TownAccess,
  rig: Rig,
  options: RunQueueOptions = {},
): Promise<QueueReport> {
  const context = queueContext(access, rig, options.tell);
  if (!context.settings.enabled) return nothing;
  if (options.byHand !== undefined) await expectOperational(access.ledger, access.town, rig);
  else if (!(await mayRun(context, options))) return nothing;
  if (!(await hasWork(context))) return nothing;
  const lock = await acquireLock(access.town.paths.locks, `refinery-${rig.name}`, {
    kind: "refinery",
    subject: `the merge queue of ${rig.name}`,
  });
  const signal = options.signal ?? new AbortController().signal;
  try {
    await recoverRuns(context);
    const report = await driveTargets(context, options, signal);
    if (report.merged.length > 0 && context.settings.gates.length === 0) await warnOfNoGates(context);
    await askAboutOverdue(context);
    await autoLand(context, signal);
    await tidyQueue(context);
    return report;
  } finally {
    lock.release();
  }
}

/** With several slots, several targets are worked on at the same time, each in worktrees of its own (spec/05 §2.12). */
async function driveTargets(
  context: QueueContext,
  options: RunQueueOptions,
  signal: AbortSignal,
): Promise<QueueReport> {
  const { slots } = context.settings;
  const all = Array.from({ length: slots }, (_, number) => number);
  const drive = (own: readonly number[], target: string | undefined) =>
    new QueueDriver(context, {
      signal,
      patienceMs: options.patienceMs ?? 60_000,
      slots: own,
      ...(options.once === undefined ? {} : { once: options.once }),
      ...(target === undefined ? {} : { target }),
      ...(options.byHand === undefined ? {} : { byHand: options.byHand }),
    }).drive();
  if (slots === 1 || options.target !== undefined || options.once !== undefined)
    return drive(all, options.target);
  const { inputs } = await observeQueue(context);
  const targets = [...new Set(inputs.map((input) => input.target))].slice(0, slots);
  if (targets.length < 2) return drive(all, undefined);
  const reports = await Promise.all(
    targets.map((target, index) =>
      drive(
        all.filter((slot) => slot % targets.length === index),
        target,
      ),
    ),
  );
  // What has come for other targets meanwhile.
  reports.push(await drive(all, undefined));
  return reports.reduce(together);
}

function together(one: QueueReport, other: QueueReport): QueueReport {
  const wakes = [one.wakeAt, other.wakeAt].filter((at) => at !== undefined);
  return {
    merged: [...one.merged, ...other.merged],
    ejected: [...one.ejected, ...other.ejected],
    conflicts: [...one.conflicts, ...other.conflicts],
    quarantined: [...one.quarantined, ...other.quarantined],
    runs: one.runs + other.runs,
    gateRuns: one.gateRuns + other.gateRuns,
    waiting: other.waiting,
    ...(wakes.length === 0 ? {} : { wakeAt: Math.min(...wakes) }),
  };
}

async function hasWork(context: QueueContext): Promise<boolean> {
  const { requests } = await observeQueue(context);
  if (requests.length > 0) return true;
  if ((await autoLandCandidates(context)).length > 0) return true;
  return (await liveRuns(context.access.ledger, context.rig.name)).length > 0;
}
