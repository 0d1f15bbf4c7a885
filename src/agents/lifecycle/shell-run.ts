import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { crashPoint } from "../../core/crash-point.ts";
import { openGit } from "../../core/git/git.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import { watchLedger } from "../../core/ledger/watch-ledger.ts";
import { enqueueSling } from "../../core/scheduler/sling-context.ts";
import { sanitiseLine } from "../../core/sanitise.ts";
import { agentHome, parseAddress } from "../../core/town/address.ts";
import { textSetting } from "../../core/town/setting.ts";
import type { ScreenText } from "../sessions/session-host.ts";
import type { TownAccess } from "../town-access.ts";
import { moleculeOfWork } from "./attached-molecule.ts";
import { requireScript, scriptTimeoutMs } from "./bead-script.ts";
import { done } from "./done.ts";
import type { DoneReport } from "./done-data.ts";
import { commitIndex, stageAll } from "./done-git.ts";
import { runScript } from "./run-script.ts";
import { runSteps } from "./run-steps.ts";
import { hasScripts } from "./step-script.ts";

export interface ShellRun {
  /** Exit code of the script; 124 after the time limit. */
  readonly code: number;
  /** Undefined when the bead was finished or taken away while the script ran, or the script was ended from outside. */
  readonly done: DoneReport | undefined;
}

const shownLines = 40;
/** Rows that a line of output may take in a narrow terminal before some of it is left out. */
const maxWraps = 10;
/** How long the terminal may take to show what was written. */
const arrivalMs = 2000;
const pollMs = 20;

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
  const root = await scriptedMolecule(access.ledger, bead);
  const script = root === undefined ? requireScript(bead) : "";
  if (!(await claimFromHook(access, bead))) return { code: 0, done: undefined };
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
  if (root !== undefined && started.code === 0) return runWorkflow(access, { bead, root, worktree, session });
  const { code, isInterrupted } = started.code === 0 ? await runScript(script, limited) : started;
  // Somebody ended the session: that says nothing about the work, which goes on in the next one.
  if (isInterrupted) return { code, done: undefined };
  crashPoint("work.ran");

  // The script may have called `gt done` itself, also to ask for help, or the bead may have been taken away.
  const agent = await access.ledger.agent(access.actor);
  if (agent?.hookBead !== bead.id || agent.hookState === "suspended") return { code, done: undefined };
  return {
    code,
    done:
      code === 0 ? await handIn(access, bead, worktree, session) : await giveUp(access, bead, code, session),
  };
}

/** Only what is on the hook is begun: it may have been taken off while this session started. */
async function claimFromHook({ ledger, actor }: TownAccess, { id }: Bead): Promise<boolean> {
  try {
    await ledger.write(actor, [
      { op: "expectAgent", address: actor, expected: { hookBead: id } },
      { op: "claim", id },
    ]);
    return true;
  } catch (error) {
    if (error instanceof GtError && error.code === "E_CONFLICT") return false;
    throw error;
  }
}

/** The molecule whose steps are scripts; any other only tells agents how to work. */
async function scriptedMolecule(ledger: Ledger, bead: Bead): Promise<Bead | undefined> {
  const root = await moleculeOfWork(ledger, bead);
  return root !== undefined && (await hasScripts(ledger, root)) ? root : undefined;
}

interface ShellWork {
  readonly bead: Bead;
  readonly root: Bead;
  readonly worktree: string;
  readonly session: { readonly name: string };
}

/** A bead that follows a molecule: its script steps one after the other, waiting for gates (spec/02 §9.3). */
async function runWorkflow(access: TownAccess, work: ShellWork): Promise<ShellRun> {
  const { bead, root, worktree, session } = work;
  for (;;) {
    const end = await runSteps(access, { root: root.id, cwd: worktree, show: process.stdout });
    switch (end.is) {
      case "limit":
        continue;
      case "interrupted":
        return { code: 130, done: undefined };
      case "complete":
        return { code: 0, done: await handIn(access, bead, worktree, session) };
      case "gated":
        process.stdout.write(`waiting: ${sanitiseLine(end.reason)}\n`);
        await nextChange(access.ledger);
        continue;
      case "agent":
        return endWith(access, work, `step ${end.step.step} has no script`, { isTold: false });
      case "failed":
        if (end.forAgent !== undefined) return passToAgent(access, work, end.forAgent);
        return endWith(access, work, `step ${end.step.step}: ${end.reason}`, { isTold: true });
    }
  }
}

async function endWith(
  access: TownAccess,
  { session }: ShellWork,
  message: string,
  { isTold }: { readonly isTold: boolean },
): Promise<ShellRun> {
  return { code: 1, done: await done(access, { exit: "ESCALATED", message, isTold, session: session.name }) };
}

/**
 * `on_fail = "agent"`: the work goes to an AI polecat of the rig, with what the script said last in its notes (spec/02
 * §9.3). It is queued, because a polecat gives no work to others.
 */
async function passToAgent(
  access: TownAccess,
  { bead, session }: ShellWork,
  message: string,
): Promise<ShellRun> {
  const given = await done(access, { exit: "DEFERRED", message, session: session.name });
  const context = {
    bead: bead.id,
    rig: bead.scope,
    reason: "rework",
    enqueued_at: access.clock.now(),
  } as const;
  await access.ledger.write(access.actor, [
    { op: "expect", id: bead.id, expected: { status: "open" } },
    // What it was worked on with, whoever slung it so, has failed.
    { op: "update", id: bead.id, fields: { metadata: { attachment: { agent: null } } } },
    ...enqueueSling(context, bead.title),
  ]);
  return { code: 1, done: given };
}

/** Until anybody writes to the ledger. */
function nextChange(ledger: Ledger): Promise<void> {
  return new Promise((resolve) => {
    const watch = watchLedger(ledger, () => {
      void watch.close();
      resolve();
    });
  });
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
    await commitIndex(
      access,
      { address: access.actor },
      worktree,
      `${sanitiseLine(bead.title)} (${bead.id})`,
    );
  crashPoint("work.committed");
  return done(access, { exit: "COMPLETED", isReportOnly: true, session: session.name });
}

async function giveUp(
  access: TownAccess,
  bead: Bead,
  code: number,
  session: { readonly name: string },
): Promise<DoneReport> {
  const end = `exit ${code}`;
  // The script may have left its last line open.
  process.stdout.write(`\n${end}\n`);
  const lines = await lastLines(access, session.name, end);
  if (lines !== "")
    await access.ledger.write(access.actor, [
      { op: "comment", id: bead.id, text: `${end}; last lines of output:\n\n${lines}` },
    ]);
  return done(access, { exit: "ESCALATED", message: end, session: session.name });
}

/**
 * What the terminal shows last, before the line `end`; the screen is the log. What was written before a line is there when
 * the line is. Nothing when there is no host to ask.
 */
async function lastLines(access: TownAccess, session: string, end: string): Promise<string> {
  try {
    const host = await access.host({ start: false });
    const deadline = Date.now() + arrivalMs;
    for (;;) {
      const lines = wholeLines(await host.screen(session, { scrollback: shownLines * maxWraps }));
      const hasArrived = lines.at(-1) === end;
      if (hasArrived) lines.pop();
      if (hasArrived || Date.now() >= deadline)
        return lines.join("\n").trimEnd().split("\n").slice(-shownLines).join("\n");
      await pause(pollMs);
    }
  } catch {
    return ""; // run by hand, outside a session
  }
}

/** The lines as they were written, however narrow the terminal, without the empty ones at the end. */
function wholeLines({ lines, wrapped }: ScreenText): string[] {
  const whole: string[] = [];
  const goesOn = new Set(wrapped);
  for (const [index, line] of lines.entries())
    if (goesOn.has(index) && whole.length > 0) whole.push(`${whole.pop()}${line}`);
    else whole.push(line);
  while (whole.at(-1)?.trim() === "") whole.pop();
  return whole.map((line) => line.trimEnd());
}
