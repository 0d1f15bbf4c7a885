import { isLocked } from "../../../core/lock/lock.ts";
import type { DaemonContext } from "../daemon-context.ts";
import { readDesired } from "../desired-state.ts";
import { finishDown } from "../town-down.ts";
import type { Duty } from "../duty-runner.ts";

const lookAgainMs = 2000;

/** Goes on with a `gt down` that was killed on its way, the daemon's own end included (spec/04 §12). */
export function goingDownDuty(context: DaemonContext, stop: () => void): Duty {
  return {
    key: "going-down",
    timeoutMs: 2 * 60_000,
    run: async () => {
      const { town, log } = context;
      if (readDesired(town).ending === undefined) return {};
      // Whoever is at it ends the daemon, too.
      if (isLocked(town.paths.locks, "shutdown")) return { againMs: lookAgainMs };
      log.warn("gt down did not get to its end; going on with it");
      await finishDown(context);
      stop();
      return {};
    },
  };
}
