import { GtError } from "../../../core/gt-error.ts";
import { withLock } from "../../../core/lock/lock.ts";
import { readPause } from "../../../core/scheduler/pause.ts";
import { WorkForecast } from "../../lifecycle/work-forecast.ts";
import { dispatchQueued } from "../../patrols/dispatch-queued.ts";
import { hasSessions } from "../../sessions/backend.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty, DutyResult } from "../duty-runner.ts";
import { pressureAgainMs } from "../pressure-gate.ts";

const minute = 60_000;

/** D10: starts what was queued because the town was full, paused, or because work came back (spec/05 §9.3). */
export function schedulerDuty(context: DaemonContext): Duty {
  const forecast = new WorkForecast();
  return {
    key: "scheduler",
    intervalMs: 3 * minute,
    timeoutMs: 10 * minute,
    run: async (signal): Promise<DutyResult> => {
      // Nobody would see how to start what is dispatched here.
      if (!hasSessions(context.town)) return {};
      if (!context.isOperational() || (await readPause(context.ledger)) !== undefined) return {};
      if (!(await context.pressure.isOpen())) return { againMs: pressureAgainMs };
      try {
        const { againMs } = await withLock(context.town.paths.locks, "scheduler", { kind: "dispatch" }, () =>
          dispatchQueued(context, {
            ...{ signal, forecast },
            report: (line) => context.log.info(`scheduler: ${line}`),
          }),
        );
        return againMs === undefined ? {} : { againMs };
      } catch (error) {
        // Somebody else is dispatching; what he leaves over is for the next pass.
        if (error instanceof GtError && error.code === "E_BUSY") return { againMs: 1000 };
        throw error;
      }
    },
  };
}
