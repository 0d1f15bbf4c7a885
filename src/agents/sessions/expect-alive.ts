import { GtError } from "../../core/gt-error.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import { durationSetting } from "../../core/town/setting.ts";
import type { Town } from "../../core/town/town.ts";
import { readLastScreen } from "./session-records.ts";
import type { SessionHost, SessionRecord } from "./session-host.ts";

/**
 * An agent that exits at once was started in vain: `E_SESSION_START` with its last words. Returns as soon as it is ready,
 * and at the latest after `operational.session.start_probe`.
 */
export async function expectAlive(town: Town, host: SessionHost, record: SessionRecord): Promise<void> {
  const probeMs = durationSetting(town.settings(), "operational.session.start_probe");
  const early = await exitWithin(host, record, probeMs);
  if (early === undefined) return;
  throw new GtError("E_SESSION_START", `agent exited during start (code ${early.exitCode ?? "unknown"})`, {
    why: readLastScreen(town.paths.sessions, record.session).slice(-20).map(sanitiseLine),
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
