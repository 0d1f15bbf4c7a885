import { layFor } from "../../core/formulas/lay-overlay.ts";
import { type Molecule, moleculeOfRoot } from "../../core/formulas/molecule.ts";
import { countSteps, currentStep } from "../../core/formulas/step-states.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import type { TownAccess } from "../town-access.ts";
import { moleculeOfWork } from "./attached-molecule.ts";
import { attachmentOf } from "./attachment.ts";

/** By what the work on a hook is done, and how far that is (spec/02 §10.2). */
export interface WorkflowView {
  readonly attached_molecule: string;
  readonly attached_formula: string;
  readonly attached_at: string;
  readonly attached_args: string;
  readonly attached_vars: Readonly<Record<string, string>>;
  readonly is_wisp: boolean;
  readonly done: number;
  readonly total: number;
  readonly in_progress: number;
  readonly ready: number;
  readonly blocked: number;
  /** The command or the sentence that says how to go on. */
  readonly next_action: string;
}

/** Undefined when the bead follows no molecule, or one that is gone. */
export async function workflowView(
  { ledger, town }: Pick<TownAccess, "ledger" | "town">,
  bead: Bead,
): Promise<WorkflowView | undefined> {
  const root = await moleculeOfWork(ledger, bead);
  if (root === undefined) return undefined;
  const molecule = await moleculeOfRoot(ledger, (await layFor(town, root))(root));
  const { attached_at = "", args = "" } = attachmentOf(bead);
  const { total, done, current, ready, blocked } = countSteps(molecule.steps);
  return {
    attached_molecule: root.id,
    attached_formula: molecule.record.formula,
    attached_at,
    attached_args: args,
    attached_vars: molecule.record.vars,
    is_wisp: root.ephemeral,
    ...{ done, total, in_progress: current, ready, blocked },
    next_action: nextAction(molecule, bead.assignee),
  };
}

/** Names of the steps that the bead's workflow still waits for; none without one. */
export async function unfinishedSteps(
  { ledger, town }: Pick<TownAccess, "ledger" | "town">,
  bead: Bead,
): Promise<readonly string[]> {
  const root = await moleculeOfWork(ledger, bead);
  if (root === undefined || root.status === "closed") return [];
  const { steps } = await moleculeOfRoot(ledger, (await layFor(town, root))(root));
  return steps.filter(({ isSettled, isContainer }) => !isSettled && !isContainer).map(({ step }) => step);
}

function nextAction({ root, steps }: Molecule, agent: string): string {
  if (root.status === "closed" || steps.every(({ isSettled }) => isSettled))
    return "all steps are closed: gt done";
  const step = currentStep(steps, agent);
  if (step !== undefined) return `step ${step.index} ${step.step}: gt mol step done ${step.step}`;
  const held = steps.find(({ state }) => state === "blocked" || state === "failed");
  return held === undefined ? "no step is ready: gt mol current" : `blocked: ${held.reason}`;
}
