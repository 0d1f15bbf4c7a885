import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomic } from "../../core/town/write-file.ts";
import type { Town } from "../../core/town/town.ts";
import type { DutyStatus } from "./duty-runner.ts";

/** `daemon/daemon.pid`: who the daemon is. Stale without the lock `daemon` (spec/04 §7.1). */
export interface DaemonIdentity {
  readonly pid: number;
  /** Kernel start time of the process. */
  readonly startedAt: string;
  readonly version: string;
}

/** `daemon/state.json`, written at every heartbeat for those who look from outside. */
export interface DaemonState {
  readonly running: boolean;
  readonly pid: number;
  readonly started_at: string;
  readonly last_heartbeat: string;
  readonly heartbeat_count: number;
  readonly duties: readonly DutyStatus[];
}

export const identityFile = (town: Town): string => join(town.paths.daemon, "daemon.pid");
export const stateFile = (town: Town): string => join(town.paths.daemon, "state.json");
export const logFile = (town: Town): string => join(town.paths.logs, "daemon.log");

export function readIdentity(town: Town): DaemonIdentity | undefined {
  const value = readJson(identityFile(town)) as Partial<DaemonIdentity> | undefined;
  if (typeof value?.pid !== "number" || typeof value.startedAt !== "string") return undefined;
  return { pid: value.pid, startedAt: value.startedAt, version: String(value.version ?? "") };
}

export function readState(town: Town): DaemonState | undefined {
  const value = readJson(stateFile(town)) as Partial<DaemonState> | undefined;
  return typeof value?.pid === "number" ? (value as DaemonState) : undefined;
}

export async function writeIdentity(town: Town, identity: DaemonIdentity): Promise<void> {
  await writeFileAtomic(identityFile(town), `${JSON.stringify(identity)}\n`, { isVital: true });
}

/** The daemon has ended on purpose. */
export function removeIdentity(town: Town): void {
  rmSync(identityFile(town), { force: true });
}

export async function writeState(town: Town, state: DaemonState): Promise<void> {
  await writeFileAtomic(stateFile(town), `${JSON.stringify(state)}\n`, { isVital: true });
}

/** Missing and half-written files count as absent: the next heartbeat writes them again. */
function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
