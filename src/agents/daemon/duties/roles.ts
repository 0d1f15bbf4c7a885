import type { Rig } from "../../../core/town/town.ts";
import { restingRigs } from "../../lifecycle/rig-admission.ts";
import { keepRoles } from "../../patrols/keep-roles.ts";
import { hasSessions } from "../../sessions/backend.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty, DutyResult } from "../duty-runner.ts";

/** D4, D7: sessions of the mayor and of roles that run as agents; woken when one of them ends, and at each heartbeat. */
export function rolesDuty(context: DaemonContext): Duty {
  return {
    key: "roles",
    timeoutMs: 3 * 60_000,
    run: async (): Promise<DutyResult> => {
      if (!context.isOperational() || !hasSessions(context.town)) return {};
      await context.noticeSleep();
      const rigs: Rig[] = [];
      const resting = await restingRigs(context.ledger, context.town);
      for (const rig of context.town.rigs())
        if (context.isOperational(rig.name) && !resting.has(rig.name)) rigs.push(rig);
      const againMs = await keepRoles(context, {
        budget: context.budget,
        rigs,
        report: (line) => context.log.info(`role ${line}`),
      });
      return againMs === undefined ? {} : { againMs };
    },
  };
}
