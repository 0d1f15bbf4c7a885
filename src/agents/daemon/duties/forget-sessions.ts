import { forgetHeartbeat } from "../../sessions/heartbeat-mark.ts";
import { readRecords, removeRecord } from "../../sessions/session-records.ts";
import type { TownAccess } from "../../town-access.ts";

const keptMs = 24 * 3_600_000;

/**
 * Removes what is left on disk of sessions that ended more than a day ago (spec/04 §10.4). Those of agents with work on
 * their hook stay: how the last one ended decides whether another one is started. Returns how many went.
 */
export async function forgetOldSessions({ town, ledger, clock }: TownAccess): Promise<number> {
  const before = clock.now() - keptMs;
  let count = 0;
  for (const record of readRecords(town.paths.sessions)) {
    if (record.phase !== "exited" || (record.endedAt ?? record.startedAt) > before) continue;
    const agent = await ledger.agent(record.actor);
    const isAtWork = agent !== undefined && (agent.hookBead !== "" || agent.state === "running");
    if (isAtWork) continue;
    removeRecord(town.paths.sessions, record.session);
    forgetHeartbeat(town.root, record.session);
    count++;
  }
  return count;
}
