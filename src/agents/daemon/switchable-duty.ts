import { type PatrolSettings, patrolsRig, readPatrols } from "../../core/town/patrol-settings.ts";
import type { Rig } from "../../core/town/town.ts";
import { isSwitchedOff } from "../patrols/role-switch.ts";
import { deaconAddress } from "../patrols/triage-deacon.ts";
import type { DaemonContext } from "./daemon-context.ts";
import { readDeaconPause } from "./deacon-pause.ts";
import type { Duty } from "./duty-runner.ts";

/** A duty that the person may switch off, or have looked after more or less often (spec/04 §8.3). */
export function switchable(context: DaemonContext, duty: Duty, rig?: Rig): Duty {
  const settings = (): PatrolSettings => readPatrols(context.town)(patrolOf(duty.key));
  return {
    ...duty,
    // Asked for at each run, so that a change of the settings holds at once.
    get intervalMs() {
      return settings().intervalMs ?? duty.intervalMs;
    },
    run: async (signal) => {
      const now = settings();
      const isWanted = rig === undefined ? now.isEnabled : patrolsRig(now, rig.name);
      if (!isWanted || (pausable.has(duty.key) && (await isDeaconAtRest(context)))) return undefined;
      return duty.run(signal);
    },
  };
}

async function isDeaconAtRest(context: DaemonContext): Promise<boolean> {
  if (readDeaconPause(context.town) !== undefined) return true;
  return readPatrols(context.town)("deacon").mode === "builtin" && isSwitchedOff(context, deaconAddress);
}

/** What waits while the Deacon is paused or stopped (spec/04 §7.2, §10.1). */
const pausable = new Set(["convoys", "plugins", "dogs", "deacon", "roles", "boot"]);

/** Key of a duty's settings: that of the whole kind for duties of one rig. */
function patrolOf(key: string): string {
  const [kind = key] = key.split(":");
  return kind === "convoys" ? "convoy" : kind;
}
