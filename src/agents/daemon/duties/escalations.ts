import { reescalateStale } from "../../mail/reescalate-stale.ts";
import { settleDueNotices } from "../../mail/escalate.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty } from "../duty-runner.ts";

/** Tells of escalations whose raiser could not, and raises what nobody looks at (spec/06 §8.3, §8.5). */
export function escalationsDuty(context: DaemonContext): Duty {
  return {
    key: "escalations",
    intervalMs: 60_000,
    timeoutMs: 5 * 60_000,
    run: async () => {
      for (const warning of await settleDueNotices(context)) context.log.warn(`escalation: ${warning}`);
      for (const { escalation, severity, skipped } of await reescalateStale(context, "act"))
        if (skipped === undefined)
          context.log.info(`re-escalated ${escalation.id}: ${escalation.severity} -> ${severity}`);
    },
  };
}
