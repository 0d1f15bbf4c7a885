import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync, statSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { GtError } from "../../core/gt-error.ts";
import { isLocked } from "../../core/lock/lock.ts";
import type { Town } from "../../core/town/town.ts";
import { version } from "../../core/version.ts";
import { ownProgram } from "../sessions/own-program.ts";
import { isSameProcess } from "../sessions/process-identity.ts";
import { scrubEnvironment } from "../sessions/scrub-environment.ts";
import { forgetRestarts, whyGivenUp } from "./daemon-restarts.ts";
import { type DaemonIdentity, logFile, readIdentity, readState, removeIdentity } from "./daemon-state.ts";
import { readDesired } from "./desired-state.ts";
import type { DutyStatus } from "./duty-runner.ts";
import { startSupervised } from "./supervisor.ts";

export const daemonLock = "daemon";

export interface DaemonStatus {
  readonly isRunning: boolean;
  readonly pid?: number;
  readonly version?: string;
  readonly startedAt?: string;
  readonly lastHeartbeat?: string;
  readonly heartbeats?: number;
  readonly duties: readonly DutyStatus[];
  /** The installed program is another version than the running one, or was built or installed after it began. */
  readonly isOutdated: boolean;
}

/** What can be known about the town's daemon without disturbing it. */
export function daemonStatus(town: Town): DaemonStatus {
  if (!isLocked(town.paths.locks, daemonLock)) return { isRunning: false, duties: [], isOutdated: false };
  const identity = readIdentity(town);
  const state = readState(town);
  const isOwn = state !== undefined && state.pid === identity?.pid;
  return {
    isRunning: true,
    ...(identity === undefined ? {} : { pid: identity.pid, version: identity.version }),
    ...(isOwn
      ? {
          startedAt: state.started_at,
          lastHeartbeat: state.last_heartbeat,
          heartbeats: state.heartbeat_count,
        }
      : {}),
    duties: isOwn ? state.duties : [],
    isOutdated:
      identity !== undefined &&
      (identity.version !== version || (isOwn && programChangedAt() > Date.parse(state.started_at))),
  };
}

function programChangedAt(): number {
  return statSync(ownProgram("daemon"), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

export type EnsureOutcome =
  /** It was up already. */
  | { readonly kind: "running"; readonly pid?: number }
  | { readonly kind: "started"; readonly pid: number }
  /** The human took the town down: nothing is started on its own. */
  | { readonly kind: "down" }
  /** It died too often; a person starts it again (spec/04 §10.2). */
  | { readonly kind: "given-up"; readonly reason: string }
  /** `GT_NO_DAEMON` forbids it. */
  | { readonly kind: "forbidden" };

/** For commands that change work: starts the daemon when the town is wanted up and nobody watches it (spec/04 §7.1). */
export async function ensureDaemon(town: Town, env: NodeJS.ProcessEnv = process.env): Promise<EnsureOutcome> {
  const pid = readIdentity(town)?.pid;
  if (isLocked(town.paths.locks, daemonLock))
    return { kind: "running", ...(pid === undefined ? {} : { pid }) };
  if (readDesired(town).state === "down") return { kind: "down" };
  const forbidden = env["GT_NO_DAEMON"];
  if (forbidden !== undefined && forbidden !== "" && forbidden !== "0") return { kind: "forbidden" };
  const reason = whyGivenUp(town);
  if (reason !== undefined) return { kind: "given-up", reason };
  return restartDaemon(town, env);
}

/** A process of ours that has not ended is still at it: a busy machine takes its time. */
const startTimeoutMs = 60_000;
/** A supervisor does not tell that the daemon has ended again. */
const supervisedTimeoutMs = 20_000;

type Started = Extract<EnsureOutcome, { kind: "running" | "started" }>;

/** The same for a person who wants it to run, however often it has died. `E_DAEMON_START` with the log's end. */
export async function startDaemon(town: Town, env: NodeJS.ProcessEnv = process.env): Promise<Started> {
  forgetRestarts(town);
  return restartDaemon(town, env);
}

/** Starts the daemon as a process of its own and waits until it holds its lock. `E_DAEMON_START` with the log's end. */
export async function restartDaemon(town: Town, env: NodeJS.ProcessEnv = process.env): Promise<Started> {
  mkdirSync(town.paths.logs, { recursive: true });
  const child = (await startSupervised(town, env)) ? undefined : spawnDaemon(town, env);
  let exitCode: number | null | undefined;
  child?.once("exit", (code) => {
    exitCode = code;
  });
  child?.once("error", () => {
    exitCode = null;
  });
  try {
    const deadline = Date.now() + (child === undefined ? supervisedTimeoutMs : startTimeoutMs);
    for (; Date.now() < deadline; await pause(25)) {
      const identity = readIdentity(town);
      const isUp = identity !== undefined && isSameProcess(identity.pid, identity.startedAt);
      if (isUp && (child === undefined || identity.pid === child.pid))
        return { kind: "started", pid: identity.pid };
      // Two commands started one each: the slower daemon has given way.
      if (isUp && exitCode !== undefined && isLocked(town.paths.locks, daemonLock))
        return { kind: "running", pid: identity.pid };
      if (exitCode !== undefined && !isLocked(town.paths.locks, daemonLock)) break;
    }
  } finally {
    child?.unref();
  }
  throw new GtError("E_DAEMON_START", "the daemon did not start", {
    why: lastLines(logFile(town), 5),
    hint: "gt daemon run",
  });
}

function spawnDaemon(town: Town, env: NodeJS.ProcessEnv): ChildProcess {
  const log = openSync(logFile(town), "a", 0o600);
  try {
    return spawn(process.execPath, [ownProgram("daemon"), town.root], {
      cwd: town.root,
      env: daemonEnvironment(env),
      stdio: ["ignore", log, log],
      detached: true,
    });
  } finally {
    closeSync(log);
  }
}

/** A test that stops the caller at a step does not mean the daemon. */
function daemonEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const { GT_TEST_CRASH: _, GT_TEST_PAUSE: __, ...rest } = scrubEnvironment(env);
  return rest;
}

const stopTimeoutMs = 10_000;
const nameTimeoutMs = 5000;

/** Ends the daemon and waits until it is gone; sessions go on. False when none was running. */
export async function stopDaemon(town: Town, options: { readonly force?: boolean } = {}): Promise<boolean> {
  const { locks } = town.paths;
  const identity = await daemonToStop(town);
  if (identity === undefined) return false;
  signal(identity.pid, options.force === true ? "SIGKILL" : "SIGTERM");
  const deadline = Date.now() + stopTimeoutMs;
  for (;;) {
    const isAlive = isSameProcess(identity.pid, identity.startedAt);
    // The kernel frees the lock when the last thread has gone, a moment after the process.
    if (!isAlive && !isLocked(locks, daemonLock)) break;
    if (Date.now() > deadline) {
      if (!isAlive) break;
      signal(identity.pid, "SIGKILL");
    }
    await pause(25);
  }
  // One that was killed leaves its name behind, and the host would take it for dead.
  removeIdentity(town);
  return true;
}

/** Undefined when none runs. One that has just begun says who it is a moment after it took the lock. */
async function daemonToStop(town: Town): Promise<DaemonIdentity | undefined> {
  const { locks } = town.paths;
  const deadline = Date.now() + nameTimeoutMs;
  while (isLocked(locks, daemonLock)) {
    const identity = readIdentity(town);
    if (identity !== undefined && isSameProcess(identity.pid, identity.startedAt)) return identity;
    if (Date.now() > deadline)
      throw new GtError(
        "E_DAEMON_UNKNOWN",
        "a daemon holds the lock of this town but does not say who it is",
        {
          why: [`${locks}/${daemonLock}.lock is held; the pid file names no running process`],
          hint: "gt daemon status",
        },
      );
    await pause(25);
  }
  return undefined;
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has just ended by itself.
  }
}

export function lastLines(file: string, count: number): readonly string[] {
  try {
    return readFileSync(file, "utf8").trimEnd().split("\n").slice(-count);
  } catch {
    return [];
  }
}
