import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { isSameProcess, processStartTime } from "../sessions/process-identity.ts";

/** A gate command's process group, as a later process must know it to end it safely (spec/05 §2.5 step 6). */
export interface ProcessGroup {
  /** Pid of the leader, which is the id of the group. */
  readonly pgid: number;
  /** Kernel start time of the leader. */
  readonly startedAt: string;
}

export type GateExit =
  | { readonly how: "exit"; readonly code: number }
  | { readonly how: "signal"; readonly signal: string }
  | { readonly how: "timeout" }
  | { readonly how: "cancelled" }
  /** It could not be started. */
  | { readonly how: "spawn"; readonly why: string };

export interface GateCommand {
  readonly cmd: string;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** The group exists but the command has not started: it starts when this has resolved. */
  readonly onGroup: (group: ProcessGroup) => Promise<void>;
  readonly onOutput: (bytes: Uint8Array) => void;
}

const graceMs = 10_000;
const lastOutputMs = 1000;

// The shell waits for a line before it becomes the command. If we die before the group is on record, it reads the end
// of the pipe and leaves; so no command ever runs that nobody could find again.
const launcher = 'IFS= read -r go || exit 125; exec 2>&1; exec /bin/sh -c "$1" </dev/null';

/**
 * Runs a command in its own process group with its standard input closed, and ends the whole group when it is over,
 * takes too long or is cancelled (spec/05 §2.5 steps 3 and 5).
 */
export async function runGateProcess(command: GateCommand): Promise<GateExit> {
  if (command.signal.aborted) return { how: "cancelled" };
  const windows = process.platform === "win32";
  const child = spawn(
    windows ? "cmd" : "/bin/sh",
    windows ? ["/d", "/s", "/c", `${command.cmd} 2>&1`] : ["-c", launcher, "sh", command.cmd],
    { cwd: command.cwd, env: command.env, detached: !windows, stdio: ["pipe", "pipe", "pipe"] },
  );
  child.stdin?.on("error", () => {}); // a child that ended early has closed it
  child.stdout?.on("data", command.onOutput);
  child.stderr?.on("data", command.onOutput);
  try {
    await once(child, "spawn");
  } catch (error) {
    return { how: "spawn", why: error instanceof Error ? error.message : String(error) };
  }
  const ended = endOf(child);
  const pgid = child.pid ?? 0;
  await command.onGroup({ pgid, startedAt: processStartTime(pgid) ?? "" });
  child.stdin?.end("go\n");

  let stopped: "timeout" | "cancelled" | undefined;
  let killer: NodeJS.Timeout | undefined;
  const stop = (why: "timeout" | "cancelled") => {
    if (stopped !== undefined) return;
    stopped = why;
    signalGroup(child, "SIGTERM");
    killer = setTimeout(() => signalGroup(child, "SIGKILL"), graceMs);
  };
  const timer = setTimeout(() => stop("timeout"), command.timeoutMs);
  const onAbort = () => stop("cancelled");
  command.signal.addEventListener("abort", onAbort);
  if (command.signal.aborted) onAbort();
  try {
    const { code, signal } = await ended;
    if (stopped !== undefined) return { how: stopped };
    return code === null ? { how: "signal", signal: signal ?? "?" } : { how: "exit", code };
  } finally {
    clearTimeout(timer);
    clearTimeout(killer);
    command.signal.removeEventListener("abort", onAbort);
  }
}

interface End {
  readonly code: number | null;
  readonly signal: string | null;
}

/** Resolves when the command has ended and its output is read; what it left behind in its group is killed. */
async function endOf(child: ChildProcess): Promise<End> {
  const [code, signal] = (await once(child, "exit")) as [number | null, string | null];
  killGroup(child.pid);
  if (child.stdout !== null && !child.stdout.readableEnded) {
    // A process that left the group may hold the pipe open: it gets a moment, not our patience.
    const timeout = AbortSignal.timeout(lastOutputMs);
    await once(child, "close", { signal: timeout }).catch(() => child.stdout?.destroy());
  }
  return { code, signal };
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  // Not reaped yet, so that the pid is still its own.
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  send(process.platform === "win32" ? child.pid : -child.pid, signal);
}

/** Right after the leader's end: while members remain, the kernel gives its id to nobody else. */
function killGroup(pgid: number | undefined): void {
  if (pgid !== undefined && process.platform !== "win32") send(-pgid, "SIGKILL");
}

/** Ends a group that another process of ours started. True when there was something to end. */
export function endLeftoverGroup(group: ProcessGroup): boolean {
  if (process.platform === "win32" || group.pgid <= 1) return false;
  const leader = processStartTime(group.pgid);
  // Another process has the number by now, which it can have only when the whole group is gone.
  if (leader !== undefined && !isSameProcess(group.pgid, group.startedAt)) return false;
  return send(-group.pgid, "SIGKILL");
}

function send(target: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(target, signal);
    return true;
  } catch {
    return false; // nobody there any more
  }
}
