import type { Run } from "../../core/merge/queue-state.ts";
import { bounds } from "../../core/merge/search.ts";
import type { QueueContext } from "./queue-context.ts";
import type { RunWriter } from "./run-writer.ts";

/** Says how far the search for the first red prefix has come, before the next one is gated (spec/05 §2.15). */
export async function tellBisect(
  context: QueueContext,
  writer: RunWriter,
  run: Pick<Run, "probes">,
  prefix: number,
): Promise<void> {
  const { lo, hi } = bounds(run.probes);
  if (prefix === 0 || hi === undefined || prefix >= hi) return;
  await context.access.ledger.write(context.actor, [
    {
      op: "event",
      event: {
        type: "batch_bisect",
        payload: {
          batch: writer.run.id,
          lo,
          hi,
          prefix,
          left: prefix - lo,
          right: hi - prefix,
          depth: writer.run.gateRuns,
          rig: context.rig.name,
        },
      },
    },
  ]);
}
