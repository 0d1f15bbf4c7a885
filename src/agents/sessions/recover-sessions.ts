import type { Clock } from "../../core/clock.ts";
import { endProcessTree, processesOf } from "./process-tree.ts";
import type { SessionRecord } from "./session-host.ts";
import { readRecords, writeRecord } from "./session-records.ts";

/**
 * Run by a new host before it serves anybody: records that still call a session alive belong to a host that died, and
 * the terminals died with it. What is left of their programs is ended, so that nothing runs beside its successor, and
 * the records say `host-lost`. Returns the records of the lost sessions.
 */
export async function recoverSessions(
  directory: string,
  clock: Clock,
  graceMs: number,
): Promise<readonly SessionRecord[]> {
  const orphaned = readRecords(directory).filter((record) => record.phase !== "exited");
  return Promise.all(
    orphaned.map(async (record) => {
      const { pid, pidStartedAt: startedAt, runId } = record;
      const tree = { pid, startedAt, runId };
      if (processesOf(tree).length > 0) await endProcessTree(tree, graceMs);
      const now = clock.now();
      const lost: SessionRecord = {
        ...record,
        phase: "exited",
        phaseSince: now,
        endedAt: now,
        exitReason: "host-lost",
        viewers: 0,
      };
      try {
        writeRecord(directory, lost);
      } catch {
        // A full disk: its program has ended all the same, and the next host finds nothing more to end.
      }
      return lost;
    }),
  );
}
