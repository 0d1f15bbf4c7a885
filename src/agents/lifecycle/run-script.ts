import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { isSameProcess, processStartTime } from "../sessions/process-identity.ts";
import { listProcesses, type ProcessInfo, signalProcesses } from "../sessions/process-tree.ts";

export type ScriptShell = "bash" | "sh" | "node" | "python3";

export interface ScriptPlace {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Where the script lies while it runs: a file, because arguments have a length limit and stdin is the person's. */
  readonly directory: string;
  readonly name: string;
  readonly timeoutMs: number;
  /** What reads the script; bash by default, or sh where there is none. */
  readonly shell?: ScriptShell;
  /** File to which its output is added; it is shown at the same time. Without one it has the whole terminal. */
  readonly log?: { readonly file: string; readonly show: NodeJS.WritableStream };
}

export interface ScriptEnd {
  /** 128 + n when it died of signal n; 124 after its time limit. */
  readonly code: number;
  /** It was ended from outside, and not by its time limit. */
  readonly isInterrupted: boolean;
}

const killGraceMs = 10_000;
const timeLimitCode = 124;
const endingSignals: ReadonlySet<string> = new Set(["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"]);

const commands: Readonly<Record<ScriptShell, (file: string) => readonly string[]>> = {
  bash: (file) => ["bash", "-euo", "pipefail", file],
  sh: (file) => ["sh", "-eu", file],
  node: (file) => [process.execPath, file],
  python3: (file) => ["python3", file],
};
const endings: Readonly<Record<ScriptShell, string>> = { bash: "sh", sh: "sh", node: "cjs", python3: "py" };

/** Runs the text of a script on this terminal. */
export async function runScript(text: string, place: ScriptPlace): Promise<ScriptEnd> {
  const shell = place.shell ?? "bash";
  mkdirSync(place.directory, { recursive: true, mode: 0o700 });
  const file = join(place.directory, `${place.name}.${endings[shell]}`);
  writeFileSync(file, text, { mode: 0o600 });
  try {
    return await runFile(commands[shell](file), place);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT" || shell !== "bash") throw error;
    return await runFile(commands.sh(file), place);
  } finally {
    rmSync(file, { force: true });
  }
}

function runFile(argv: readonly string[], { cwd, env, timeoutMs, log }: ScriptPlace): Promise<ScriptEnd> {
  return new Promise((resolve, reject) => {
    const [command = "", ...args] = argv;
    const stdio = log === undefined ? "inherit" : (["ignore", "pipe", "pipe"] as const);
    const child = spawn(command, args, { cwd, env, stdio: stdio === "inherit" ? stdio : [...stdio] });
    for (const stream of [child.stdout, child.stderr])
      stream?.on("data", (data: Buffer) => {
        if (log === undefined) return;
        appendFileSync(log.file, data);
        log.show.write(data);
      });
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      if (child.pid !== undefined) void endTree(child.pid);
    }, timeoutMs);
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    // Not `exit`: what it wrote last is part of the log.
    child.once(log === undefined ? "exit" : "close", (code, signal) => {
      clearTimeout(timer);
      if (timedOut) resolve({ code: timeLimitCode, isInterrupted: false });
      else if (signal === null) resolve({ code: code ?? 0, isInterrupted: false });
      else
        resolve({
          code: 128 + constants.signals[signal as NodeJS.Signals],
          isInterrupted: endingSignals.has(signal),
        });
    });
  });
}

/**
 * Ends the script and all that it started. It shares our process group, so that a terminal that goes away takes it
 * along; that is why it is not ended as a group.
 */
async function endTree(pid: number): Promise<void> {
  const startedAt = processStartTime(pid);
  if (startedAt === undefined) return;
  const tree = descendantsOf(pid);
  signalProcesses(tree, "SIGTERM");
  const deadline = Date.now() + killGraceMs;
  while (tree.some((each) => isSameProcess(each.pid, each.startedAt)) && Date.now() < deadline)
    await new Promise((resolve) => setTimeout(resolve, 100));
  signalProcesses([...tree, ...descendantsOf(pid)], "SIGKILL");
}

function descendantsOf(root: number): readonly ProcessInfo[] {
  const processes = listProcesses();
  const found = processes.filter((each) => each.pid === root);
  for (const parent of found) found.push(...processes.filter((each) => each.parent === parent.pid));
  return found;
}
