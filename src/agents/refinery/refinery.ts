import { acquireLock } from "../../core/lock/lock.ts";
import { mergeSettings } from "../../core/merge/merge-settings.ts";
import { refinerySwitch, runsByItself } from "../../core/merge/refinery-switch.ts";
import type { Rig } from "../../core/town/town.ts";
import type { TownAccess } from "../town-access.ts";
import { type QueueReport, QueueDriver } from "./drive-queue.ts";
import { observeQueue } from "./observe-queue.ts";
import { type QueueContext, queueContext } from "./queue-context.ts";
import { recoverRuns } from "./recover-runs.ts";
import { isOver, runsOf } from "../../core/merge/run-record.ts";

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
 * process drives this queue, `E_CONFIG` for unusable settings.
 */
export async function runQueue(
  access: TownAccess,
  rig: Rig,
  options: RunQueueOptions = {},
): Promise<QueueReport> {
  const settings = mergeSettings(access.town.rigSettings(rig.name));
  if (!settings.enabled) return nothing;
  if (options.byHand === undefined && !runsByItself(await refinerySwitch(access.ledger, rig.name)))
    return nothing;
  const context = queueContext(access, rig, options.tell);
  if (!(await hasWork(context))) return nothing;
  const lock = await acquireLock(access.town.paths.locks, `refinery-${rig.name}`, {
    kind: "refinery",
    subject: `the merge queue of ${rig.name}`,
  });
  try {
    await recoverRuns(context);
    const driver = new QueueDriver(context, {
      signal: options.signal ?? new AbortController().signal,
      patienceMs: options.patienceMs ?? 60_000,
      ...(options.once === undefined ? {} : { once: options.once }),
      ...(options.target === undefined ? {} : { target: options.target }),
      ...(options.byHand === undefined ? {} : { byHand: options.byHand }),
    });
    return await driver.drive();
  } finally {
    lock.release();
  }
}

async function hasWork(context: QueueContext): Promise<boolean> {
  const { requests } = await observeQueue(context);
  if (requests.length > 0) return true;
  return (await runsOf(context.access.ledger, context.rig.name)).some((run) => !isOver(run));
}
