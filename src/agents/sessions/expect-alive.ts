import { GtError } from "../../core/gt-error.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import { readLastScreen } from "./session-records.ts";
import type { SessionHost, SessionRecord } from "./session-host.ts";

/** How long a fresh agent is watched for an immediate exit. */
const startProbeMs = 3000;

/**
 * An agent that exits at once was started in vain: `E_SESSION_START` with its last words. Returns as soon as it is ready.
 * `records` is the directory of the session records.
 */
export async function expectAlive(host: SessionHost, record: SessionRecord, records: string): Promise<void> {
  const early = await exitWithin(host, record, startProbeMs);
  if (early === undefined) return;
  throw new GtError("E_SESSION_START", `agent exited during start (code ${early.exitCode ?? "unknown"})`, {
    why: readLastScreen(records, record.session).slice(-20).map(sanitiseLine),
    hint: `gt peek ${record.actor}`,
    details: { session: record.session, exitCode: early.exitCode },
  });
}

async function exitWithin(
  host: SessionHost,
  record: SessionRecord,
  ms: number,
): Promise<SessionRecord | undefined> {
  const exit = Promise.withResolvers<SessionRecord | undefined>();
  const timer = setTimeout(() => exit.resolve(undefined), ms);
  const unsubscribe = host.subscribe((event) => {
    if (event.type === "lost") exit.resolve({ ...record, phase: "exited", exitReason: "host-lost" });
    if (event.type !== "exited" && event.type !== "phase") return;
    if (event.record.runId !== record.runId) return;
    if (event.type === "exited") exit.resolve(event.record);
    else if (event.record.readyAt !== undefined) exit.resolve(undefined);
  });
  try {
    // It may have ended before we listened.
    const now = await host.get(record.session);
    if (now?.runId === record.runId && now.phase === "exited") return now;
    return await exit.promise;
  } finally {
    clearTimeout(timer);
    unsubscribe();
  }
}
