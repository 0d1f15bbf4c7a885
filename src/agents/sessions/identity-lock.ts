import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { GtError } from "../../core/gt-error.ts";
import { isObject } from "../../core/town/json-file.ts";
import type { Town } from "../../core/town/town.ts";
import { isSameProcess, processStartTime, readProcessStat } from "./process-identity.ts";

/** Who acts as an agent outside of the host (spec/03 §5.12). Inside the host a session's name already is unique. */
export interface IdentityLock {
  readonly address: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly acquiredAt: number;
  readonly sessionId: string;
  readonly hostname: string;
}

/**
 * Marks the agent process that called us as the one that acts as `address`. Returns the holder when another living process
 * has that identity, and changes nothing then.
 */
export function takeIdentityLock(
  town: Town,
  address: string,
  { sessionId, now }: { readonly sessionId: string; readonly now: number },
): IdentityLock | undefined {
  const pid = callingAgent();
  const held = readLock(fileOf(town, address));
  if (held !== undefined && held.pid !== pid && isHeld(held)) return held;
  const lock: IdentityLock = {
    ...{ address, pid, sessionId },
    startedAt: processStartTime(pid) ?? "",
    acquiredAt: now,
    hostname: hostname(),
  };
  try {
    mkdirSync(directoryOf(town), { recursive: true, mode: 0o700 });
    writeFileSync(fileOf(town, address), JSON.stringify(lock), { mode: 0o600 });
  } catch {
    // A lock that cannot be written protects nobody, but the agent may work.
  }
  return undefined;
}

/** All identity locks of the town, those of dead processes included. */
export function identityLocks(town: Town): readonly IdentityLock[] {
  let names: readonly string[];
  try {
    names = readdirSync(directoryOf(town));
  } catch {
    return []; // nobody ever started an agent by hand
  }
  return names.flatMap((name) => readLock(join(directoryOf(town), name)) ?? []);
}

/** The living process that acts as the agent without the host; undefined when there is none. */
export function unmanagedAgent(town: Town, address: string): IdentityLock | undefined {
  const lock = readLock(fileOf(town, address));
  return lock !== undefined && isHeld(lock) ? lock : undefined;
}

/** Refuses what only the host can do with a session, for an agent that was started by hand: `E_NOT_MANAGED`. */
export function expectManaged(town: Town, address: string, session: string): void {
  const lock = unmanagedAgent(town, address);
  if (lock === undefined) return;
  throw new GtError("E_NOT_MANAGED", `${session} is not managed by the session host`, {
    why: [`${address} is process ${lock.pid}, started by hand`],
    hint: `gt nudge ${address} "..."`,
  });
}

/** Whether the process that took the lock still runs here. */
export function isHeld(lock: IdentityLock): boolean {
  return lock.hostname === hostname() && isSameProcess(lock.pid, lock.startedAt);
}

export function removeIdentityLock(town: Town, address: string): void {
  rmSync(fileOf(town, address), { force: true });
}

const directoryOf = (town: Town): string => join(town.paths.runtime, "agent-locks");
const fileOf = (town: Town, address: string): string =>
  join(directoryOf(town), `${address.replace(/\/$/, "").replaceAll("/", "+")}.json`);

function readLock(file: string): IdentityLock | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(file, "utf8"));
    return isObject(value) && typeof value["pid"] === "number" && typeof value["address"] === "string"
      ? (value as unknown as IdentityLock)
      : undefined;
  } catch {
    return undefined; // gone or damaged: the next one to take it replaces it
  }
}

/** What runs hooks for an agent: the agent itself is the first ancestor that is none of these. */
const between = /^-?(sh|bash|dash|zsh|ksh|ash|fish|env|timeout)$/;
const maxDepth = 8;

function callingAgent(): number {
  let pid = process.ppid;
  for (let depth = 0; depth < maxDepth; depth++) {
    const found = nameAndParent(pid);
    if (found === undefined) break;
    if (!between.test(found.name)) return pid;
    if (found.parent <= 1) break;
    pid = found.parent;
  }
  return process.ppid;
}

function nameAndParent(pid: number): { readonly name: string; readonly parent: number } | undefined {
  try {
    if (process.platform === "linux") {
      const name = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
      const stat = readProcessStat(pid);
      return stat === undefined ? undefined : { name, parent: stat.parent };
    }
    const line = execFileSync("ps", ["-o", "ppid=,comm=", "-p", String(pid)], {
      encoding: "utf8",
      env: { PATH: "/bin:/usr/bin", LC_ALL: "C" },
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
    const [parent = "", ...name] = line.split(/\s+/);
    return { name: name.join(" ").split("/").at(-1) ?? "", parent: Number(parent) };
  } catch {
    return undefined; // it has ended
  }
}
