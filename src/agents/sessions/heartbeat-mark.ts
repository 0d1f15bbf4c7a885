import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

/** What a session has said of itself with `gt heartbeat` (spec/04 §1.6). */
export interface HeartbeatReport {
  readonly state: string;
  readonly at: number;
  readonly runId: string;
}

/** File that every command of a session touches, and that holds its last report. */
export function heartbeatFile(root: string, session: string): string {
  return join(root, ".runtime", "heartbeats", `${session.replace(/[^A-Za-z0-9_.-]/g, "_")}.json`);
}

/** The session has ended; the next one of this name begins without its predecessor's report. */
export function forgetHeartbeat(root: string, session: string): void {
  rmSync(heartbeatFile(root, session), { force: true });
}

/** Undefined when it has said nothing, or nothing that can be read. */
export function readHeartbeat(root: string, session: string): HeartbeatReport | undefined {
  try {
    const value = JSON.parse(readFileSync(heartbeatFile(root, session), "utf8")) as Record<string, unknown>;
    const at = Date.parse(String(value["timestamp"]));
    if (typeof value["state"] !== "string" || Number.isNaN(at)) return undefined;
    return { state: value["state"], at, runId: String(value["run_id"] ?? "") };
  } catch {
    return undefined; // none, or one that was not written to its end
  }
}
