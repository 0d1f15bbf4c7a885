import { layFor } from "../../../core/formulas/lay-overlay.ts";
import { moleculeProgress, moleculeOfRoot } from "../../../core/formulas/molecule.ts";
import {
  countSteps,
  criticalPath,
  currentStep,
  type MoleculeStep,
} from "../../../core/formulas/step-states.ts";
import { GtError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { printProgress, progressJson, stepLine } from "../molecule-text.ts";
import { hookedWork, rootNamed } from "./own-molecule.ts";

/** `gt mol current [agent]` (spec/02 §10.2). */
export async function current(context: CommandContext): Promise<void> {
  const { out } = context;
  const { access, address, bead, root } = await hookedWork(context, context.args[0]);
  const molecule = root && (await moleculeOfRoot(access.ledger, root));
  const counts = molecule && countSteps(molecule.steps);
  const step =
    molecule && molecule.root.status !== "closed" ? currentStep(molecule.steps, address) : undefined;
  const isComplete = counts !== undefined && counts.done === counts.total;
  const status =
    molecule === undefined ? "naked" : isComplete ? "complete" : step === undefined ? "blocked" : "working";
  out.document({
    identity: address,
    handoff_id: bead?.id ?? null,
    handoff_title: bead?.title ?? null,
    molecule_id: root?.id ?? null,
    molecule_title: root?.title ?? null,
    steps_complete: counts?.done ?? 0,
    steps_total: counts?.total ?? 0,
    current_step_id: step?.id ?? null,
    current_step: step?.step ?? null,
    status,
  });
  out.line(`${address}: ${status}`);
  if (bead === undefined) out.line("  nothing on the hook");
  else out.line(`  bead      ${bead.id} ${sanitiseLine(bead.title)}`);
  if (root === undefined || molecule === undefined || counts === undefined) return;
  out.line(`  molecule  ${root.id} ${sanitiseLine(root.title)}  ${counts.done}/${counts.total} steps`);
  if (step !== undefined) out.line(`  step      ${stepLine(step, out.style)}`);
}

/** `gt mol progress [mol]`. */
export async function progress(context: CommandContext): Promise<void> {
  const { access, root } = await rootNamed(context, context.args[0]);
  const counted = await moleculeProgress(access.ledger, root.id, await layFor(access.town, root));
  if (counted.total === 0)
    throw new GtError("E_NO_STEPS", `no steps found for ${root.id} (not a molecule root?)`, {
      hint: `bd show ${root.id}`,
    });
  context.out.document(progressJson(counted));
  printProgress(context.out, counted);
}

/** `gt mol dag <mol>`: what comes after what. */
export async function dag(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const { access, root } = await rootNamed(context, context.args[0]);
  const { steps } = await moleculeOfRoot(access.ledger, root);
  const tiers = tiersOf(steps);
  const path = criticalPath(steps);
  const dependents = new Map<string, string[]>();
  for (const { step, needs } of steps)
    for (const need of needs) dependents.set(need, [...(dependents.get(need) ?? []), step]);
  out.document({
    root_id: root.id,
    root_title: root.title,
    total_nodes: steps.length,
    tiers: tiers.length,
    critical_path: path,
    nodes: Object.fromEntries(
      steps.map(({ step, id, title, state, needs, wave }) => [
        step,
        { id, title, status: state, dependencies: needs, dependents: dependents.get(step) ?? [], tier: wave },
      ]),
    ),
    tier_groups: tiers.map((members) => members.map(({ step }) => step)),
  });
  out.line(`${root.id}  ${sanitiseLine(root.title)}`);
  for (const [index, members] of tiers.entries()) {
    if (flags.boolean("tiers")) out.line(out.style.bold(`Wave ${index}`));
    for (const step of members) {
      const needs = step.needs.length === 0 ? "" : out.style.muted(` ← ${step.needs.join(", ")}`);
      out.line(`${"  ".repeat(flags.boolean("tiers") ? 1 : index + 1)}${stepLine(step, out.style)}${needs}`);
    }
  }
  out.line(`Critical path: ${path.join(" -> ")}`);
}

function tiersOf(steps: readonly MoleculeStep[]): readonly (readonly MoleculeStep[])[] {
  const tiers: MoleculeStep[][] = [];
  for (const step of steps) {
    const members = tiers[step.wave];
    if (members === undefined) tiers[step.wave] = [step];
    else members.push(step);
  }
  return Array.from(tiers, (members) => members ?? []);
}
