import { formatTime } from "../clock.ts";
import { GtError } from "../gt-error.ts";
import type { ActorAddress, Bead, BeadId, Time } from "../ledger/bead.ts";
import { Conflict } from "../ledger/conflict.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Operation } from "../ledger/operation.ts";
import { findStep, readySteps, viewOf, waitingText } from "./find-step.ts";
import type { Lay } from "./lay-overlay.ts";
import { type MoleculeRecord, moleculeRecord, type StepMark } from "./molecule-record.ts";
import { currentStep, type MoleculeStep, rootOnlySteps } from "./step-states.ts";

/** What somebody does with a step (spec/02 §8.7). */
export type StepVerb =
  | { readonly verb: "done"; readonly output?: unknown; readonly reason?: string }
  | { readonly verb: "start" }
  | { readonly verb: "skip"; readonly reason: string }
  /** `close`: what needs it goes on; otherwise it waits for a person. */
  | {
      readonly verb: "fail";
      readonly reason: string;
      readonly close?: boolean;
      /** Of a script: how it ended, and how often it was tried. */
      readonly exit?: number;
      readonly attempt?: number;
    }
  | { readonly verb: "reopen" };

export interface StepRequest {
  readonly root: BeadId;
  /** Its bead, `#<index>` or its name; the current step when absent. */
  readonly step?: string;
  readonly actor: ActorAddress;
  /** Also a step that is blocked, or somebody else's. */
  readonly force?: boolean;
  readonly now: Time;
  /** Puts the operator's overlay on the steps. */
  readonly lay?: Lay | undefined;
}

export interface StepChange {
  readonly step: MoleculeStep;
  /** False: it was so already. */
  readonly changed: boolean;
}

const attempts = 20;

/** Changes one step, in one batch with all that follows from it. Doing the same twice changes nothing the second time. */
export async function changeStep(ledger: Ledger, request: StepRequest, verb: StepVerb): Promise<StepChange> {
  return retried(async () => {
    const root = await rootOf(ledger, request);
    const { step } = await findStep(ledger, root, request.step, request.actor);
    if (isSo(step, verb, request.actor)) return { step, changed: false };
    await expectAllowed(ledger, root, step, request, verb);
    const record = moleculeRecord(root);
    const operations =
      record?.mode === "root-only"
        ? markStep(root, record, step, markOf(verb, request), request.now)
        : await pouredChange(ledger, step, verb);
    await ledger.write(request.actor, [...operations, stepEvent(root, step, verb)]);
    return { step, changed: true };
  });
}

/** Somebody else changed the same molecule in this moment: look again. */
async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof Conflict) || attempt === attempts) throw error;
    }
  }
}

async function rootOf(ledger: Ledger, { root: id, lay }: Pick<StepRequest, "root" | "lay">): Promise<Bead> {
  const root = await ledger.get(id);
  if (root !== undefined) return lay === undefined ? root : lay(root);
  throw new GtError("E_NOT_FOUND", `no issue found matching "${id}"`, { exitCode: 3, hint: "bd mol list" });
}

function isSo(
  { state, isSettled, assignee }: MoleculeStep,
  { verb }: StepVerb,
  actor: ActorAddress,
): boolean {
  if (verb === "reopen") return !isSettled && state !== "failed";
  if (verb === "start") return isSettled || (state === "current" && assignee === actor);
  return isSettled;
}

async function expectAllowed(
  ledger: Ledger,
  root: Bead,
  step: MoleculeStep,
  { actor, force }: StepRequest,
  { verb }: StepVerb,
): Promise<void> {
  if (step.isContainer)
    throw new GtError("E_CONTAINER", `${step.step} only holds other steps and closes by itself`, {
      hint: `bd mol current ${root.id}`,
    });
  if (verb === "reopen") return expectNothingLater(ledger, root, step);
  if (force === true) return;
  if ((verb === "done" || verb === "start") && (step.state === "pending" || step.state === "blocked"))
    throw new GtError(
      "E_BLOCKED",
      `${step.step} cannot be ${verb === "done" ? "done" : "started"}: ${waitingText(step)}`,
      {
        hint: `gt mol step ${verb} ${step.step} --force`,
      },
    );
  const owner = step.state === "current" ? step.assignee : await holderOf(ledger, root);
  if (owner !== "" && owner !== actor && actor !== "overseer")
    throw new GtError("E_NOT_YOURS", `${step.step} of ${root.id} is on the hook of ${owner}`, {
      hint: `gt mol step ${verb} ${step.id} --force`,
    });
}

/** Who works by the molecule: the holder of the bead that it guides. */
async function holderOf(ledger: Ledger, root: Bead): Promise<ActorAddress> {
  const base = moleculeRecord(root)?.base ?? null;
  if (base === null) return root.assignee;
  return (await ledger.get(base))?.assignee ?? "";
}

/** What has begun because a step was closed must not find it open again. */
async function expectNothingLater(ledger: Ledger, root: Bead, step: MoleculeStep): Promise<void> {
  const record = moleculeRecord(root);
  const hasBegun = ({ state, isSettled }: MoleculeStep) =>
    isSettled || state === "current" || state === "failed";
  let later: string | undefined;
  if (record?.mode === "root-only")
    later = rootOnlySteps(root.id, record).find(
      (each) => !each.isContainer && each.needs.includes(step.step) && hasBegun(each),
    )?.step;
  else {
    const dependents = (await ledger.dependents(step.id)).filter(({ type }) => type === "blocks");
    const beads = await ledger.getMany(dependents.map(({ from }) => from));
    later = [...beads.values()].find(({ status }) => status !== "open")?.id;
  }
  if (later !== undefined)
    throw new GtError("E_LATER_STEP", `${step.step} cannot be reopened: ${later} has begun`, {
      hint: `gt mol step show ${later}`,
    });
}

function markOf(verb: StepVerb, { actor, now }: StepRequest): StepMark | null {
  const who = { at: formatTime(now), by: actor };
  switch (verb.verb) {
    case "done":
      return {
        ...{ s: "done", ...who },
        ...(verb.output === undefined ? {} : { output: verb.output }),
        ...(verb.reason === undefined ? {} : { reason: verb.reason }),
      };
    case "start":
      return { s: "in_progress", ...who };
    case "skip":
      return { s: "skipped", ...who, reason: verb.reason };
    case "fail":
      return { s: verb.close === true ? "failed" : "blocked", ...who, reason: verb.reason };
    case "reopen":
      return null;
  }
}

/** Notes the step at the root; with the last one the molecule is complete. */
function markStep(
  root: Bead,
  record: MoleculeRecord,
  { step }: Pick<MoleculeStep, "step">,
  mark: StepMark | null,
  now: Time,
): readonly Operation[] {
  const { [step]: _, ...others } = record.progress ?? {};
  const after = { ...record, progress: mark === null ? others : { ...others, [step]: mark } };
  // Slung by itself, the molecule is the work: whoever does it hands it in.
  const isWork = root.metadata["attachment"] !== undefined;
  const isComplete =
    !isWork && root.status !== "closed" && rootOnlySteps(root.id, after).every(({ isSettled }) => isSettled);
  const patch = mark === null ? null : { reason: null, output: null, run: null, ...mark };
  return [
    { op: "expect", id: root.id, expected: { rev: root.rev } },
    ...(mark === null && root.status === "closed"
      ? [{ op: "reopen", id: root.id, reason: `${step} reopened` } as const]
      : []),
    { op: "update", id: root.id, fields: { metadata: { mol: { progress: { [step]: patch } } } } },
    ...(isComplete ? completion(root, record, now) : []),
  ];
}

function completion(root: Bead, record: MoleculeRecord, now: Time): readonly Operation[] {
  return [
    { op: "close", id: root.id, close: { reason: "all steps complete", outcome: "success", force: true } },
    {
      op: "event",
      event: {
        type: "mol_complete",
        payload: {
          root: root.id,
          formula: record.formula,
          duration_ms: now - root.createdAt,
          outcome: "success",
        },
      },
    },
  ];
}

async function pouredChange(
  ledger: Ledger,
  step: MoleculeStep,
  verb: StepVerb,
): Promise<readonly Operation[]> {
  const { id } = step;
  const bead = await ledger.get(id);
  const expected: Operation = { op: "expect", id, expected: { rev: bead?.rev ?? 0 } };
  const close = (reason: string, outcome: "success" | "failure" | "skipped"): readonly Operation[] => [
    ...(bead?.metadata["failed"] === undefined
      ? []
      : [{ op: "update", id, fields: { metadata: { failed: null } } } as const]),
    { op: "close", id, close: { reason, outcome, force: true } },
  ];
  switch (verb.verb) {
    case "done":
      return [
        expected,
        ...(verb.output === undefined
          ? []
          : [{ op: "update", id, fields: { metadata: { output: verb.output } } } as const]),
        ...close(verb.reason ?? "done", "success"),
      ];
    case "skip":
      return [expected, ...close(verb.reason, "skipped")];
    case "fail":
      if (verb.close === true) return [expected, ...close(verb.reason, "failure")];
      return [
        expected,
        { op: "update", id, fields: { status: "blocked", metadata: { failed: verb.reason } } },
      ];
    case "start":
      return [
        ...(step.state === "failed"
          ? [{ op: "update", id, fields: { status: "open", metadata: { failed: null } } } as const]
          : [expected]),
        { op: "claim", id },
      ];
    case "reopen":
      return [
        expected,
        { op: "reopen", id, reason: "step reopened" },
        {
          op: "update",
          id,
          fields: { status: "open", assignee: "", metadata: { failed: null, output: null } },
        },
      ];
  }
}

const eventTypes = {
  done: "mol_step_done",
  start: "mol_step_start",
  skip: "mol_step_skip",
  fail: "mol_step_fail",
  reopen: "reopen",
} as const;

function stepEvent(root: Bead, step: MoleculeStep, verb: StepVerb): Operation {
  return {
    op: "event",
    event: {
      type: eventTypes[verb.verb],
      payload: {
        root: root.id,
        step: step.step,
        index: step.index,
        ...(verb.verb === "reopen" ? { bead: step.id } : {}),
        ...("reason" in verb && verb.reason !== undefined ? { reason: verb.reason } : {}),
        ...(verb.verb === "fail" && verb.exit !== undefined
          ? { exit: verb.exit, attempt: verb.attempt ?? 1 }
          : {}),
      },
      visibility: verb.verb === "fail" ? "feed" : "audit",
    },
  };
}

/** What comes after a step. */
export interface NextStep {
  /** `parallel`: others are ready beside the one that was taken. `no_more_ready`: the rest waits for something. */
  readonly action: "continue" | "parallel" | "done" | "no_more_ready";
  readonly next: MoleculeStep | undefined;
  /** Ready steps that somebody else may take. */
  readonly parallel: readonly MoleculeStep[];
}

/**
 * Takes the first ready step by compare-and-set, so that no two agents get the same; with `show` nothing is taken. A step
 * that the actor has begun already comes before any new one.
 */
export async function nextStep(
  ledger: Ledger,
  request: Omit<StepRequest, "step" | "force">,
  mode: "claim" | "show",
): Promise<NextStep> {
  const { actor, now } = request;
  return retried(async () => {
    const root = await rootOf(ledger, request);
    if (root.status === "closed") return { action: "done", next: undefined, parallel: [] };
    const record = moleculeRecord(root);
    const { begun, ready } =
      record?.mode === "root-only"
        ? rootOnlyChoice(root, record, actor)
        : await pouredChoice(ledger, root, actor);
    const [next, ...parallel] = begun === undefined ? ready : [begun, ...ready];
    if (next === undefined)
      return { action: (await isOver(ledger, root, record)) ? "done" : "no_more_ready", next, parallel };
    if (mode === "claim" && next !== begun) {
      const mark = markOf({ verb: "start" }, request);
      await ledger.write(actor, [
        ...(record?.mode === "root-only"
          ? markStep(root, record, next, mark, now)
          : ([
              { op: "expect", id: next.id, expected: { status: "open", assignee: ["", actor] } },
              { op: "claim", id: next.id },
            ] as const)),
        stepEvent(root, next, { verb: "start" }),
      ]);
    }
    return { action: parallel.length === 0 ? "continue" : "parallel", next, parallel };
  });
}

/** All steps are closed, although the root, being work itself, is not. */
async function isOver(ledger: Ledger, root: Bead, record: MoleculeRecord | undefined): Promise<boolean> {
  if (record?.mode === "root-only") return rootOnlySteps(root.id, record).every(({ isSettled }) => isSettled);
  return (await ledger.count({ under: root.id, notStatus: "closed" })) === 0;
}

interface Choice {
  /** What the actor has begun. */
  readonly begun: MoleculeStep | undefined;
  readonly ready: readonly MoleculeStep[];
}

function rootOnlyChoice(root: Bead, record: MoleculeRecord, actor: ActorAddress): Choice {
  const steps = rootOnlySteps(root.id, record).filter((step) => !step.isContainer);
  const current = currentStep(steps, actor);
  return {
    begun: current?.state === "current" ? current : undefined,
    ready: steps.filter(({ state }) => state === "ready"),
  };
}

async function pouredChoice(ledger: Ledger, root: Bead, actor: ActorAddress): Promise<Choice> {
  const [begun] = await ledger.find({
    ...{ under: root.id, assignee: actor, status: "in_progress", notType: ["gate", "epic"], sort: "id" },
    limit: 1,
  });
  const ready = (await readySteps(ledger, root.id)).filter(
    ({ assignee }) => assignee === "" || assignee === actor,
  );
  return {
    begun: begun === undefined ? undefined : await viewOf(ledger, root, begun),
    ready: await Promise.all(ready.map((bead) => viewOf(ledger, root, bead))),
  };
}
