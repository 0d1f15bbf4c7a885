import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

let boot: string | undefined;

/**
 * Kernel start time of a running process as an opaque string, or undefined when there is none (a zombie has ended).
 * Together with the pid it names one process for ever: pids are reused, start times of one boot are not.
 * Linux answers from /proc; elsewhere `ps` is asked.
 */
export function processStartTime(pid: number): string | undefined {
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return process.platform === "linux" ? startTimeFromProc(pid) : startTimeFromPs(pid);
}

/** Whether `pid` still is the process that had this start time. False for an unknown start time. */
export function isSameProcess(pid: number, startedAt: string): boolean {
  return startedAt !== "" && processStartTime(pid) === startedAt;
}

/** What `/proc/<pid>/stat` says; undefined when the process is gone. */
export interface ProcessStat {
  readonly state: string;
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  readonly startTicks: string;
}

export function readProcessStat(pid: number): ProcessStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, "latin1");
  } catch {
    return undefined; // gone, or another user's with a hidden /proc
  }
  // The command name is in parentheses and may itself hold blanks and parentheses.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  const [state = "", parent = "", group = "", session = ""] = fields;
  return {
    state,
    parent: Number(parent),
    group: Number(group),
    session: Number(session),
    startTicks: fields[19] ?? "",
  };
}

/** Start ticks made unique across reboots. */
export function startTimeOfStat(stat: ProcessStat): string {
  boot ??= readFileSync("/proc/sys/kernel/random/boot_id", "latin1").slice(0, 8);
  return `${stat.startTicks}@${boot}`;
}

/** The process exists but has ended; only its parent has not taken note. */
export function hasEnded(stat: ProcessStat): boolean {
  return stat.state === "Z" || stat.state === "X";
}

function startTimeFromProc(pid: number): string | undefined {
  const stat = readProcessStat(pid);
  return stat === undefined || hasEnded(stat) ? undefined : startTimeOfStat(stat);
}

function startTimeFromPs(pid: number): string | undefined {
  try {
    const line = execFileSync("ps", ["-o", "stat=,lstart=", "-p", String(pid)], {
      encoding: "utf8",
      env: { PATH: "/bin:/usr/bin", LC_ALL: "C" },
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
    const [state = "", ...start] = line.split(/\s+/);
    return line === "" || state.startsWith("Z") ? undefined : start.join(" ");
  } catch {
    return undefined; // ps exits with 1 when there is no such process
  }
}
