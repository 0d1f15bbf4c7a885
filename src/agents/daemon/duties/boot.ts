import { nudge } from "../../sessions/nudge.ts";
import { readPatrols } from "../../../core/town/patrol-settings.ts";
import { deaconAddress, recordTriage, triageDeacon } from "../../patrols/triage-deacon.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty } from "../duty-runner.ts";
import { loopsOf } from "../role-loops.ts";

/**
 * D3: Boot's decision about the Deacon at each heartbeat (spec/04 §10.2). The loops of a builtin Deacon live in this
 * process, which a thread of its own watches; a session is started by the duty for roles, with its limits.
 */
export function bootDuty(context: DaemonContext): Duty {
  return {
    key: "boot",
    run: async () => {
      if (!context.isOperational()) return;
      const startedAt = context.clock.now();
      const action = await triageDeacon(context);
      try {
        if (action === "nudge")
          await nudge(context, {
            to: deaconAddress,
            from: "deacon/boot",
            text: "Your heartbeat is old and there is work in flight. Do your rounds.",
            mode: "wait-idle",
          });
        else if (action !== "nothing") wake(context);
        await recordTriage(context, { action, startedAt });
      } catch (error) {
        await recordTriage(context, { action, startedAt, error: String(error) });
      }
      if (action !== "nothing") context.log.info(`boot: ${action} the deacon`);
    },
  };
}

function wake(context: DaemonContext): void {
  if (readPatrols(context.town)("deacon").mode === "agent") context.wake("roles");
  else for (const key of loopsOf({ role: "deacon", rig: "" })) context.wake(key);
}
