import type { Rig } from "../../../core/town/town.ts";
import { patrolRig } from "../../patrols/witness.ts";
import type { DaemonContext } from "../daemon.ts";
import type { Duty } from "../duty-runner.ts";
import { isRigAtWork } from "../rig-at-work.ts";
import { rigDuty } from "../route-changes.ts";

/** D5: the Witness of one rig. */
export function witnessDuty(context: DaemonContext, rig: Rig): Duty {
  return {
    key: rigDuty("witness", rig.name),
    intervalMs: 60_000,
    timeoutMs: 2 * 60_000,
    run: async (signal) => {
      if (!(await isRigAtWork(context, rig))) return {};
      const { againMs } = await patrolRig(context, rig, {
        budget: context.budget,
        signal,
        report: (text) => context.log.info(`witness ${rig.name}: ${text}`),
      });
      return againMs === undefined ? {} : { againMs };
    },
  };
}
