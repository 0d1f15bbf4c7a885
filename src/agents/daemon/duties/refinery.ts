import { GtError } from "../../../core/gt-error.ts";
import type { Rig } from "../../../core/town/town.ts";
import { queueContext } from "../../refinery/queue-context.ts";
import { runQueue } from "../../refinery/refinery.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty, DutyResult } from "../duty-runner.ts";
import { isRigAtWork } from "../rig-at-work.ts";
import { rigDuty } from "../route-changes.ts";

const busyAgainMs = 5000;

/** D6: the Refinery of one rig. Gates have limits of their own; this one only ends what would never end. */
export function refineryDuty(context: DaemonContext, rig: Rig): Duty {
  return {
    key: rigDuty("refinery", rig.name),
    intervalMs: 60_000,
    timeoutMs: 6 * 60 * 60_000,
    run: async (signal): Promise<DutyResult> => {
      if (!(await isRigAtWork(context, rig))) return {};
      try {
        const { wakeAt, waiting } = await runQueue(context, rig, {
          signal,
          tell: (line) => context.log.info(`refinery ${rig.name}: ${line}`),
        });
        const waits = [
          ...(wakeAt === undefined ? [] : [Math.max(0, wakeAt - context.clock.now())]),
          // Nothing is polled where nothing waits.
          ...(waiting === 0 ? [] : [queueContext(context, rig).settings.pollMs]),
        ];
        return waits.length === 0 ? {} : { againMs: Math.min(...waits) };
      } catch (error) {
        // A person drives this queue by hand; what he leaves over is ours again.
        if (error instanceof GtError && error.code === "E_BUSY") return { againMs: busyAgainMs };
        throw error;
      }
    },
  };
}
