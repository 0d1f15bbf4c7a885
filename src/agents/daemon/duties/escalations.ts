import { reescalateStale } from "../../mail/reescalate-stale.ts";
import { climbTiers } from "../../mail/climb-tiers.ts";
import { deaconAddress } from "../../patrols/triage-deacon.ts";
import { settleDueNotices } from "../../mail/escalate.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty } from "../duty-runner.ts";
import { runsAsAgent, safetyNetMs } from "./deacon.ts";

/** Its raiser may still be telling of it. */
const deaconMs = 30_000;

/**
 * Tells of escalations whose raiser could not, hands them on by tiers, and raises what nobody looks at
 * (spec/06 §8.2-8.5).
 */
export function escalationsDuty(context: DaemonContext): Duty {
  return {
    key: "escalations",
    intervalMs: 60_000,
    timeoutMs: 5 * 60_000,
    run: async () => {
      for (const warning of await settleDueNotices(context)) context.log.warn(`escalation: ${warning}`);
      // An agent that plays the Deacon judges for itself; what it leaves alone goes on.
      const isAgent = await runsAsAgent(context, "deacon", deaconAddress);
      for (const line of await climbTiers(context, isAgent ? safetyNetMs : deaconMs))
        context.log.info(`escalation ${line}`);
      for (const { escalation, severity, skipped } of await reescalateStale(context, "act"))
        if (skipped === undefined)
          context.log.info(`re-escalated ${escalation.id}: ${escalation.severity} -> ${severity}`);
    },
  };
}
