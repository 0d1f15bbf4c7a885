import {
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  rmSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { formatTime } from "../../core/clock.ts";
import { changeStep, nextStep } from "../../core/formulas/advance.ts";
import { layFor } from "../../core/formulas/lay-overlay.ts";
import { findStep } from "../../core/formulas/find-step.ts";
import { readMolecule } from "../../core/formulas/molecule.ts";
import { moleculeRecord, type RunState } from "../../core/formulas/molecule-record.ts";
import type { MoleculeStep } from "../../core/formulas/step-states.ts";
import { GtError } from "../../core/gt-error.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import { parseAddress } from "../../core/town/address.ts";
import { escalate } from "../mail/escalate.ts";
import { isSameProcess, processStartTime } from "../sessions/process-identity.ts";
import type { TownAccess } from "../town-access.ts";
import { runScript } from "./run-script.ts";
import { notingRun, type StepScript, stepScript } from "./step-script.ts";

export interface RunRequest {
  /** Root of the molecule. */
  readonly root: string;
  /** Only this step. */
  readonly step?: string;
  /** At most so many. */
  readonly maxSteps?: number;
  /** Directory in which the scripts run. */
  readonly cwd: string;
  /** Where their output is shown. */
  readonly show: NodeJS.WritableStream;
  readonly onStep?: (ran: RanStep) => void;
}

export interface RanStep {
  readonly step: MoleculeStep;
  readonly code: number;
  readonly ms: number;
}

/** Why the runner stopped. */
export type RunEnd =
  | { readonly is: "complete" | "limit" | "interrupted" }
  /** The step needs somebody. */
  | { readonly is: "agent"; readonly step: MoleculeStep }
  /** Only gates, or steps in others' hands, are left. */
  | { readonly is: "gated"; readonly reason: string }
  | {
      readonly is: "failed";
      readonly step: MoleculeStep;
      readonly code: number;
      readonly reason: string;
      /** Its author wants an agent to look at it, who gets this: how it ended and what it said last. */
      readonly forAgent?: string;
    };

/** So often a step may take its runner along before it counts as failed. */
const crashLimit = 3;
const keptLogBytes = 64 * 1024;
/** Lines of a log that an agent and an escalation get to see. */
const agentLines = 50;
const outputLimit = 64 * 1024;

/** Runs the ready script steps of a molecule in cooked order until something else is needed (spec/02 §9.3). */
export async function runSteps(access: TownAccess, request: RunRequest): Promise<RunEnd> {
  const { maxSteps = Number.POSITIVE_INFINITY, step: only } = request;
  for (let ran = 0; ran < maxSteps; ran++) {
    const choice = await choose(access, request);
    if ("is" in choice) return choice;
    const end = await runStep(access, request, choice.root, choice.step);
    if (end !== undefined) return end;
    if (only !== undefined) return { is: "limit" };
  }
  return { is: "limit" };
}

/** Scratch of a molecule's scripts; the directory may be deleted when the molecule is over. */
export const moleculeDirectory = ({ town }: Pick<TownAccess, "town">, root: string): string =>
  join(town.paths.runtime, "mol", root);

async function choose(
  access: TownAccess,
  { root: id, step: only }: RunRequest,
): Promise<{ readonly root: Bead; readonly step: MoleculeStep } | RunEnd> {
  const { ledger, actor } = access;
  const found = await ledger.get(id);
  if (found === undefined) throw new GtError("E_NOT_FOUND", `no bead ${id}`, { hint: "bd mol list" });
  const lay = await layFor(access.town, found);
  const root = lay(found);
  if (only !== undefined) {
    const { step } = await findStep(ledger, root, only, actor);
    if (step.isSettled) return { is: "complete" };
    return step.run === undefined ? { is: "agent", step } : { root, step };
  }
  const { action, next, parallel } = await nextStep(
    ledger,
    { root: id, actor, now: access.clock.now(), lay },
    "show",
  );
  if (action === "done") return { is: "complete" };
  const ready = next === undefined ? [] : [next, ...parallel];
  const script = ready.find(({ run, isInteractive }) => run !== undefined && !isInteractive);
  if (script !== undefined) return { root, step: script };
  const [needy] = ready;
  return needy === undefined ? heldBack(access, id) : { is: "agent", step: needy };
}

async function heldBack({ ledger }: TownAccess, id: string): Promise<RunEnd> {
  const { steps } = await readMolecule(ledger, id);
  const failed = steps.find(({ state, isSettled }) => state === "failed" && !isSettled);
  if (failed !== undefined) return { is: "failed", step: failed, code: 1, reason: failed.reason };
  const held = steps.find(({ state }) => state === "blocked");
  return { is: "gated", reason: held?.reason ?? "the rest is in other hands" };
}

async function runStep(
  access: TownAccess,
  request: RunRequest,
  root: Bead,
  step: MoleculeStep,
): Promise<RunEnd | undefined> {
  const { ledger, actor } = access;
  const script = await stepScript(ledger, root, step);
  if (script === undefined) return { is: "agent", step };
  const crashes = crashesSince(step, script);
  if (crashes > 0 && script.isOnce)
    return fail(access, root, step, script, { code: 1, attempt: 1, reason: "may have partly run" });
  if (crashes >= crashLimit)
    return fail(access, root, step, script, {
      code: 1,
      attempt: crashes,
      reason: `its runner died ${crashes} times`,
    });
  const place = { root: root.id, step: step.id, actor, now: access.clock.now() };
  await changeStep(ledger, place, { verb: "start" });
  for (let attempt = script.state?.attempt ?? 1; ; attempt++) {
    await ledger.write(actor, [notingRun(root, step, runState(access, attempt, crashes))]);
    const began = performance.now();
    const { code, isInterrupted } = await runOnce(access, request, root, step, script);
    const ms = performance.now() - began;
    if (isInterrupted) {
      // Nobody's crash: whoever goes on begins the step anew.
      await ledger.write(actor, [notingRun(root, step, { ...runState(access, attempt, crashes), pid: 0 })]);
      return { is: "interrupted" };
    }
    request.onStep?.({ step, code, ms });
    if (code === 0) {
      const output = outputOf(access, root, step);
      if ("problem" in output)
        return fail(access, root, step, script, { code: 1, attempt, reason: output.problem });
      const reason = `run ok (${(ms / 1000).toFixed(1)}s)`;
      await changeStep(ledger, { ...place, now: access.clock.now() }, { verb: "done", reason, ...output });
      return undefined;
    }
    if (attempt > script.retries)
      return fail(access, root, step, script, { code, attempt, reason: `exit ${code}` });
    await pause(script.delayMs);
  }
}

/** How many runners have died over the step, the last one included; `E_BUSY` when that one lives. */
function crashesSince({ state, step }: MoleculeStep, { state: run }: StepScript): number {
  if (state !== "current" || run === undefined) return 0;
  if (run.pid === 0) return run.crashes;
  if (run.pid !== process.pid && isSameProcess(run.pid, run.pid_started_at))
    throw new GtError("E_BUSY", `${step} is being run by pid ${run.pid}`, { hint: "gt mol current" });
  return run.crashes + 1;
}

const runState = ({ clock }: TownAccess, attempt: number, crashes: number): RunState => ({
  ...{ attempt, crashes, pid: process.pid },
  pid_started_at: processStartTime(process.pid) ?? "",
  started_at: formatTime(clock.now()),
});

async function runOnce(
  access: TownAccess,
  { cwd, show }: RunRequest,
  root: Bead,
  step: MoleculeStep,
  script: StepScript,
) {
  const { directory, scratch, log, output } = filesOf(access, root, step);
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  rmSync(output, { force: true });
  const vars = Object.entries(moleculeRecord(root)?.vars ?? {}).map(([name, value]) => [
    `GT_VAR_${name.toUpperCase()}`,
    value,
  ]);
  return runScript(script.text, {
    ...{
      cwd,
      directory,
      name: `${step.index}-${process.pid}`,
      timeoutMs: script.timeoutMs,
      shell: script.shell,
    },
    env: {
      ...process.env,
      ...Object.fromEntries(vars),
      GT_MOL: root.id,
      GT_STEP: step.step,
      GT_MOL_DIR: directory,
      GT_STEP_DIR: scratch,
      GT_STEP_OUTPUT: output,
      ...script.env,
    },
    log: { file: log, show },
  });
}

function filesOf(access: TownAccess, root: Bead, { step }: MoleculeStep) {
  const directory = moleculeDirectory(access, root.id);
  const scratch = join(directory, "steps", step);
  return { directory, scratch, log: join(directory, `${step}.log`), output: join(scratch, ".output.json") };
}

function outputOf(
  access: TownAccess,
  root: Bead,
  step: MoleculeStep,
): { readonly output?: unknown } | { readonly problem: string } {
  const file = filesOf(access, root, step).output;
  if (!existsSync(file)) return {};
  const text = readFileSync(file, "utf8");
  if (Buffer.byteLength(text) > outputLimit)
    return { problem: `its output is larger than ${outputLimit} bytes` };
  try {
    return { output: JSON.parse(text) as unknown };
  } catch {
    return { problem: "its output is not valid JSON" };
  }
}

/** `continue` goes on as if it did not matter; otherwise what needs the step waits, and somebody is told. */
async function fail(
  access: TownAccess,
  root: Bead,
  step: MoleculeStep,
  script: StepScript,
  failure: { readonly code: number; readonly attempt: number; readonly reason: string },
): Promise<RunEnd | undefined> {
  const { ledger, actor, clock } = access;
  const { code, attempt, reason } = failure;
  const goesOn = script.onFail === "continue";
  await changeStep(
    ledger,
    { root: root.id, step: step.id, actor, now: clock.now() },
    { verb: "fail", reason, exit: code, attempt, ...(goesOn ? { close: true } : {}) },
  );
  const log = tailOf(filesOf(access, root, step).log);
  const isPoured = !step.id.includes(":");
  if (isPoured && log !== "")
    await ledger.write(actor, [{ op: "update", id: step.id, fields: { notes: log } }]);
  if (goesOn) return undefined;
  if (parseAddress(actor)?.role === "polecat")
    await escalate(access, {
      title: `Step ${step.step} of ${root.id} failed: ${reason}`,
      reason: `After ${attempt} ${attempt === 1 ? "attempt" : "attempts"}.\n\n${log.split("\n").slice(-agentLines).join("\n")}`,
      severity: "medium",
      by: actor,
      source: `step:${step.id}`,
      same: "source",
      related: root.id,
    });
  const last = log.trimEnd().split("\n").slice(-agentLines).join("\n");
  return {
    ...{ is: "failed", step, code, reason },
    ...(script.onFail === "agent" ? { forAgent: `step ${step.step} failed: ${reason}\n${last}` } : {}),
  };
}

/** The end of a log; nothing when there is none. */
function tailOf(file: string): string {
  if (!existsSync(file)) return "";
  const handle = openSync(file, "r");
  try {
    const { size } = fstatSync(handle);
    const length = Math.min(size, keptLogBytes);
    const buffer = Buffer.alloc(length);
    readSync(handle, buffer, 0, length, size - length);
    return buffer.toString("utf8");
  } finally {
    closeSync(handle);
  }
}
