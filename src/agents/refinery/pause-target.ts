import type { Operation } from "../../core/ledger/operation.ts";
import { emptyTarget } from "../../core/merge/queue-state.ts";
import { allTargets, putTarget, targetsOf } from "../../core/merge/target-record.ts";
import { wakeCall } from "../daemon/wake-call.ts";
import type { QueueContext } from "./queue-context.ts";

/** No new batches for a target, or for all of them, until `resumeTarget` (spec/05 §4.1). */
export async function pauseTarget(
  context: QueueContext,
  target: string | undefined,
  reason: string,
): Promise<void> {
  const { ledger, actor, clock } = context.access;
  const name = target ?? allTargets;
  const before = (await targetsOf(ledger, context.rig.name)).get(name) ?? emptyTarget;
  await ledger.write(actor, [
    putTarget(context.rig.name, name, { ...before, paused: { by: actor, reason, at: clock.now() } }),
  ]);
}

/** Ends pauses and holds; a red target is tried again at once. Returns the targets that changed. */
export async function resumeTarget(
  context: QueueContext,
  target: string | undefined,
): Promise<readonly string[]> {
  const { ledger, actor, clock } = context.access;
  const targets = await targetsOf(ledger, context.rig.name);
  const operations: Operation[] = [];
  const changed: string[] = [];
  for (const [name, record] of targets) {
    if (target !== undefined && name !== target) continue;
    const { paused, hold, red, ...rest } = record;
    if (paused === undefined && hold === undefined && red === undefined) continue;
    const again = red === undefined ? {} : { red: { ...red, tried: [], lookAt: 0, probeAt: 0 } };
    operations.push(putTarget(context.rig.name, name, { ...rest, ...again }));
    changed.push(name);
  }
  if (operations.length > 0)
    await ledger.write(actor, [...operations, wakeCall(`${context.rig.name}/refinery`, { at: clock.now() })]);
  return changed;
}
