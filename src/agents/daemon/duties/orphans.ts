import { readRecords } from "../../sessions/session-records.ts";
import { processesOf, signalProcesses, treeOf } from "../../sessions/process-tree.ts";
import type { DaemonContext } from "../daemon-context.ts";
import type { Duty, DutyResult } from "../duty-runner.ts";

const graceMs = 60_000;
/** Long after its end nothing of a session can appear any more. */
const lookForMs = 24 * 3_600_000;

/**
 * D14: processes that a session left behind when it ended: SIGTERM a minute later, SIGKILL after another one. Only what
 * carries the session's own mark. A session with nothing left is not looked at again (spec/04 §8.3).
 */
export function orphansDuty(context: DaemonContext): Duty {
  const clean = new Set<string>();
  const told = new Map<string, number>();
  return {
    key: "orphans",
    run: async (): Promise<DutyResult> => {
      const now = context.clock.now();
      let mustLook = false;
      for (const record of readRecords(context.town.paths.sessions)) {
        if (record.phase !== "exited" || record.endedAt === undefined || clean.has(record.runId)) continue;
        if (now - record.endedAt > lookForMs) continue;
        mustLook = true;
        if (now - record.endedAt < graceMs) continue;
        const left = processesOf(treeOf(record));
        if (left.length === 0) {
          clean.add(record.runId);
          continue;
        }
        const toldAt = told.get(record.runId);
        if (toldAt !== undefined && now - toldAt < graceMs) continue;
        signalProcesses(left, toldAt === undefined ? "SIGTERM" : "SIGKILL");
        told.set(record.runId, now);
        const pids = left.map((each) => each.pid).join(", ");
        context.log.warn(
          `${record.session} left processes behind: ${pids} (${toldAt === undefined ? "asked to end" : "killed"})`,
        );
      }
      return mustLook ? { againMs: graceMs } : {};
    },
  };
}
