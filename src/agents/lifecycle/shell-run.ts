import { spawn } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { constants } from "node:os";
import { join } from "node:path";
import { crashPoint } from "../../core/crash-point.ts";
import { openGit } from "../../core/git/git.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import { textSetting } from "../../core/town/setting.ts";
import { isSameProcess, processStartTime } from "../sessions/process-identity.ts";
import { listProcesses, type ProcessInfo, signalProcesses } from "../sessions/process-tree.ts";
import type { TownAccess } from "../town-access.ts";
import { requireScript, scriptTimeoutMs } from "./bead-script.ts";
import { done } from "./done.ts";
import type { DoneReport } from "./done-data.ts";
import { commitIndex, stageAll } from "./done-git.ts";

export interface ShellRun {
  /** Exit code of the script; 124 after the time limit. */
  readonly code: number;
  /** Undefined when the bead was finished or taken away while the script ran, or the script was ended from outside. */
  readonly done: DoneReport | undefined;
}

const shownLines = 40;
const killGraceMs = 10_000;
const timeLimitCode = 124;

/**
 * The `shell` runtime (spec/03 §1.6): runs the script of the bead in the polecat's worktree on this terminal, commits
 * what it changed and hands it in; a failure escalates with the last lines of output.
 */
export async function runShellBead(
  access: TownAccess,
  beadId: string,
  session: { readonly name: string },
): Promise<ShellRun> {
  const address = parseAddress(access.actor);
  const worktree = address?.role === "polecat" ? agentHome(access.town, address) : undefined;
  if (address === undefined || worktree === undefined)
    throw new GtError("E_NOT_POLECAT", "shell-run works in a polecat's session", {
      hint: `gt sling ${beadId}`,
    });
  const bead = await access.ledger.get(beadId);
  if (bead === undefined) throw new GtError("E_BEAD_NOT_FOUND", `no bead ${beadId}`, { hint: "bd list" });
  const script = requireScript(bead);
  await access.ledger.write(access.actor, [{ op: "claim", id: bead.id }]);
  crashPoint("work.claimed");

  const setup = textSetting(access.town.rigSettings(address.rig), "merge_queue.setup_command");
  const env = { ...process.env, GT_BEAD: bead.id };
  const place = {
    cwd: worktree,
    env,
    directory: join(access.town.paths.runtime, "scripts"),
    name: session.name,
  };
  const limited = { ...place, timeoutMs: scriptTimeoutMs(bead) };
  const started = setup === "" ? { code: 0, isInterrupted: false } : await runScript(setup, limited);
  const { code, isInterrupted } = started.code === 0 ? await runScript(script, limited) : started;
  // Somebody ended the session: that says nothing about the work, which goes on in the next one.
  if (isInterrupted) return { code, done: undefined };
  crashPoint("work.ran");

  // The script may have called `gt done` itself, or the bead may have been taken away.
  if ((await access.ledger.agent(access.actor))?.hookBead !== bead.id) return { code, done: undefined };
  return {
    code,
    done:
      code === 0 ? await handIn(access, bead, worktree, session) : await giveUp(access, bead, code, session),
  };
}

async function handIn(
  access: TownAccess,
  bead: Bead,
  worktree: string,
  session: { readonly name: string },
): Promise<DoneReport> {
  await stageAll(worktree);
  crashPoint("work.staged");
  const staged = await openGit(worktree).raw(["diff", "--cached", "--name-only"]);
  if (staged.trim() !== "")
    await commitIndex(access, { address: access.actor }, worktree, `${bead.title} (${bead.id})`);
  crashPoint("work.committed");
  return done(access, { exit: "COMPLETED", isReportOnly: true, session: session.name });
}

async function giveUp(
  access: TownAccess,
  bead: Bead,
  code: number,
  session: { readonly name: string },
): Promise<DoneReport> {
  const lines = await lastLines(access, session.name);
  if (lines !== "")
    await access.ledger.write(access.actor, [
      { op: "comment", id: bead.id, text: `exit ${code}; last lines of output:\n\n${lines}` },
    ]);
  return done(access, { exit: "ESCALATED", message: `exit ${code}`, session: session.name });
}

/** What the terminal shows last; the screen is the log. Nothing when there is no host to ask. */
async function lastLines(access: TownAccess, session: string): Promise<string> {
  try {
    const host = await access.host({ start: false });
    const { lines } = await host.screen(session, { scrollback: shownLines });
    return lines
      .map((line) => line.trimEnd())
      .join("\n")
      .trimEnd()
      .split("\n")
      .slice(-shownLines)
      .join("\n");
  } catch {
    return ""; // run by hand, outside a session
  }
}

interface ScriptPlace {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Where the script lies while it runs: a file, because arguments have a length limit and stdin is the person's. */
  readonly directory: string;
  readonly name: string;
  readonly timeoutMs: number;
}

interface ScriptEnd {
  /** 128 + n when it died of signal n. */
  readonly code: number;
  /** It was ended from outside, and not by its time limit. */
  readonly isInterrupted: boolean;
}

const endingSignals: ReadonlySet<string> = new Set(["SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"]);

/** Runs shell text on this terminal. */
async function runScript(text: string, place: ScriptPlace): Promise<ScriptEnd> {
  mkdirSync(place.directory, { recursive: true, mode: 0o700 });
  const file = join(place.directory, `${place.name}.sh`);
  writeFileSync(file, text, { mode: 0o600 });
  try {
    return await runFile(["bash", "-euo", "pipefail", file], place);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return await runFile(["sh", "-eu", file], place);
  } finally {
    rmSync(file, { force: true });
  }
}

function runFile(argv: readonly string[], place: ScriptPlace): Promise<ScriptEnd> {
  return new Promise((resolve, reject) => {
    const [command = "", ...args] = argv;
    const child = spawn(command, args, { cwd: place.cwd, env: place.env, stdio: "inherit" });
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      if (child.pid !== undefined) void endTree(child.pid);
    }, place.timeoutMs);
    child.once("error", (error) => {
      clearTimeout(timer);
      reject(error);
    });
    child.once("exit", (code, signal) => {
      clearTimeout(timer);
      if (timedOut) resolve({ code: timeLimitCode, isInterrupted: false });
      else if (signal === null) resolve({ code: code ?? 0, isInterrupted: false });
      else resolve({ code: 128 + constants.signals[signal], isInterrupted: endingSignals.has(signal) });
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
