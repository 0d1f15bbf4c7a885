import type { QueueState } from "../../core/merge/queue-state.ts";
import { putTarget, type TargetRecord } from "../../core/merge/target-record.ts";
import type { Observation } from "./observe-queue.ts";
import type { QueueContext } from "./queue-context.ts";

/** Writes what the machine has learnt about targets, so that the next process knows it, too. A pause stays as it is. */
export async function saveTargets(
  context: QueueContext,
  before: QueueState["targets"],
  after: QueueState["targets"],
  observation: Observation,
): Promise<void> {
  const { rig, actor, access } = context;
  const changed = Object.entries(after).filter(([target, value]) => before[target] !== value);
  if (changed.length === 0) return;
  await access.ledger.write(
    actor,
    changed.map(([target, value]) => {
      const paused = observation.targets.get(target)?.paused;
      const record: TargetRecord = { ...value, ...(paused === undefined ? {} : { paused }) };
      return putTarget(rig.name, target, record);
    }),
  );
}
