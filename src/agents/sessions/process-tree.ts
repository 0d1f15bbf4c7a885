import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import type { SessionRecord } from "./session-host.ts";
import { hasEnded, isSameProcess, readProcessStat, startTimeOfStat } from "./process-identity.ts";

export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  /** Session leader's pid (setsid), 0 when unknown. */
  readonly session: number;
  readonly startedAt: string;
}

/** The processes of one run of an agent session. */
export interface ProcessTree {
  /** Child of the pty: leader of its own kernel session. 0 when it never started. */
  readonly pid: number;
  readonly startedAt: string;
  /** `GT_RUN` in the environment of everything that the run started. */
  readonly runId: string;
}

/** The running processes of this machine, and what those that agent sessions started carry in their environment. */
export interface ProcessTable {
  readonly processes: readonly ProcessInfo[];
  readonly marks: ReadonlyMap<number, SessionMark>;
}

/** Inherited by everything that a session starts. */
export interface SessionMark {
  /** `GT_RUN`. */
  readonly runId: string;
  /** `GT_TOWN_ROOT`; empty when it is not known. */
  readonly town: string;
}

export function treeOf(record: Pick<SessionRecord, "pid" | "pidStartedAt" | "runId">): ProcessTree {
  return { pid: record.pid, startedAt: record.pidStartedAt, runId: record.runId };
}

/**
 * Every running process that belongs to the tree: its root if it still is the same process, the members of its kernel
 * session, whatever carries its run id, and their descendants. Never a process of somebody else (spec/03 §5.8).
 */
export function processesOf(tree: ProcessTree, table = readProcessTable()): readonly ProcessInfo[] {
  const { processes, marks } = table;
  const rootLives = tree.pid > 0 && isSameProcess(tree.pid, tree.startedAt);
  const children = Map.groupBy(processes, (each) => each.parent);
  const found = new Map<number, ProcessInfo>();
  const add = (each: ProcessInfo): void => {
    if (each.pid === process.pid || found.has(each.pid)) return;
    found.set(each.pid, each);
    for (const child of children.get(each.pid) ?? []) add(child);
  };
  for (const each of processes) {
    const isMarked = tree.runId !== "" && marks.get(each.pid)?.runId === tree.runId;
    // One that was only just started is neither the leader of a session yet nor has an environment of its own.
    const isRoot = rootLives && each.pid === tree.pid;
    // Once the root is gone its pid may name the session of a stranger; then only the run id counts.
    if (isRoot || (rootLives && each.session === tree.pid) || isMarked) add(each);
  }
  return [...found.values()];
}

/** Sends a signal to each process of the list that still is the one that was listed. */
export function signalProcesses(processes: readonly ProcessInfo[], signal: NodeJS.Signals): void {
  for (const each of processes) {
    if (!isSameProcess(each.pid, each.startedAt)) continue;
    try {
      process.kill(each.pid, signal);
    } catch {
      // It ended between the look and the signal.
    }
  }
}

/** SIGTERM, then SIGKILL for what remains after `graceMs`; resolves when nothing of the tree runs any more. */
export async function endProcessTree(tree: ProcessTree, graceMs: number): Promise<void> {
  const deadline = Date.now() + graceMs;
  let signal: NodeJS.Signals = "SIGTERM";
  const told = new Set<number>();
  for (;;) {
    const left = processesOf(tree);
    if (left.length === 0) return;
    if (signal === "SIGTERM" && Date.now() >= deadline) signal = "SIGKILL";
    signalProcesses(signal === "SIGKILL" ? left : left.filter((each) => !told.has(each.pid)), signal);
    // A stopped process acts on SIGTERM only when it goes on.
    if (signal === "SIGTERM") signalProcesses(left, "SIGCONT");
    for (const each of left) told.add(each.pid);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
}

/** All running processes of this machine that we may look at. */
export function listProcesses(): readonly ProcessInfo[] {
  return process.platform === "linux" ? listFromProc() : listFromPs();
}

/** The same with their marks, which costs a look at each environment. */
export function readProcessTable(): ProcessTable {
  const processes = listProcesses();
  if (process.platform !== "linux") return { processes, marks: marksFromPs() };
  const marks = new Map<number, SessionMark>();
  for (const { pid } of processes) {
    const mark = markOf(pid);
    if (mark !== undefined) marks.set(pid, mark);
  }
  return { processes, marks };
}

function markOf(pid: number): SessionMark | undefined {
  try {
    const variables = `\0${readFileSync(`/proc/${pid}/environ`, "latin1")}`;
    const [, runId] = /\0GT_RUN=([^\0]+)\0/.exec(variables) ?? [];
    if (runId === undefined) return undefined;
    const [, town = ""] = /\0GT_TOWN_ROOT=([^\0]*)\0/.exec(variables) ?? [];
    return { runId, town: Buffer.from(town, "latin1").toString("utf8") };
  } catch {
    return undefined; // gone, or another user's
  }
}

function listFromProc(): readonly ProcessInfo[] {
  const processes: ProcessInfo[] = [];
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    if (!Number.isInteger(pid)) continue;
    const stat = readProcessStat(pid);
    if (stat === undefined || hasEnded(stat)) continue;
    processes.push({ pid, parent: stat.parent, session: stat.session, startedAt: startTimeOfStat(stat) });
  }
  return processes;
}

function listFromPs(): readonly ProcessInfo[] {
  const text = execFileSync("ps", ["-axo", "pid=,ppid=,pgid=,stat=,lstart="], {
    encoding: "utf8",
    env: { PATH: "/bin:/usr/bin", LC_ALL: "C" },
    maxBuffer: 16 * 1024 * 1024,
  });
  return text.split("\n").flatMap((line) => {
    const [pid = "", parent = "", group = "", state = "", ...start] = line.trim().split(/\s+/);
    if (pid === "" || state.startsWith("Z")) return [];
    // The child of a pty leads its kernel session and its first process group; ps of macOS shows only the group.
    return [{ pid: Number(pid), parent: Number(parent), session: Number(group), startedAt: start.join(" ") }];
  });
}

function marksFromPs(): ReadonlyMap<number, SessionMark> {
  const text = execFileSync("ps", ["-axEww", "-o", "pid=,command="], {
    encoding: "utf8",
    env: { PATH: "/bin:/usr/bin", LC_ALL: "C" },
    maxBuffer: 64 * 1024 * 1024,
  });
  const marks = text.split("\n").flatMap((line) => {
    const [, runId] = / GT_RUN=(\S+)/.exec(line) ?? [];
    // A path may hold blanks, so that its end cannot be told.
    return runId === undefined ? [] : [[Number.parseInt(line, 10), { runId, town: "" }] as const];
  });
  return new Map(marks);
}
