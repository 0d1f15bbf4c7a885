import { type Molecule, moleculeOfRoot } from "../../../core/formulas/molecule.ts";
import { countSteps, currentStep, type MoleculeStep } from "../../../core/formulas/step-states.ts";
import { usageError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";
import { progressBar, stepLine } from "../molecule-text.ts";
import { nameBead } from "./bead-text.ts";
import { rootOf, rootsOf } from "./mol-root.ts";
import { stepJson } from "./mol-show.ts";
import { openWorkspace } from "./workspace.ts";

/** More steps than a person reads: a summary then, unless some are asked for. */
const longList = 100;

/** `bd mol current`: where a molecule is, step by step (spec/02 §13.3). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags, args } = context;
  const workspace = await openWorkspace(context);
  const agent = flags.string("for") ?? workspace.actor;
  const roots = args[0] === undefined ? await rootsOf(workspace, agent) : [await rootOf(workspace, args[0])];
  const molecules: Molecule[] = [];
  for (const root of roots) molecules.push(await moleculeOfRoot(workspace.ledger, root));
  const shown = molecules.map((molecule) => ({ molecule, steps: chosen(context, molecule) }));
  out.document(shown.map(({ molecule, steps }) => currentJson(molecule, steps)));
  if (molecules.length === 0) out.line("No molecule is in your hands: bd mol list");
  for (const { molecule, steps } of shown) {
    const { total, done } = countSteps(molecule.steps);
    const current = currentStep(molecule.steps);
    out.line(`${nameBead(molecule.root, workspace)}  ${progressBar(done, total)} ${done}/${total}`);
    for (const step of steps) out.line(`  ${stepLine(step, out.style)}`);
    if (steps.length < molecule.steps.length)
      out.line(`  (${steps.length} of ${molecule.steps.length} steps; --limit n or --range a-b shows more)`);
    if (current?.run !== undefined) out.line(`Next: gt mol run ${molecule.root.id}`);
    else if (current?.id.includes(":")) out.line(`Next: gt mol step done ${current.step}`);
    else if (current !== undefined) out.line(`Next: bd close ${current.id} --continue`);
    else if (molecule.root.status === "closed") out.line("Complete");
  }
}

function currentJson({ root, steps }: Molecule, shown: readonly MoleculeStep[]) {
  const { total, done } = countSteps(steps);
  const current = currentStep(steps);
  const next = steps.find(
    ({ state, id, isContainer }) => state === "ready" && !isContainer && id !== current?.id,
  );
  return {
    molecule_id: root.id,
    molecule_title: root.title,
    assignee: root.assignee,
    current_step: current === undefined ? null : stepJson(current),
    next_step: next === undefined ? null : stepJson(next),
    steps: shown.map((step) => ({
      issue: stepJson(step),
      status: step.state,
      is_current: step.id === current?.id,
    })),
    completed: done,
    total,
  };
}

/** The steps to show: those asked for, all of a short molecule, the surroundings of the current one of a long one. */
function chosen({ flags }: CommandContext, { steps }: Molecule): readonly MoleculeStep[] {
  const range = flags.string("range");
  if (range !== undefined) {
    const match = /^(\d+)-(\d+)$/.exec(range);
    if (match === null) throw usageError(`--range: "${range}" is not of the form a-b`);
    return steps.filter(({ index }) => index >= Number(match[1]) && index <= Number(match[2]));
  }
  const limit = flags.integer("limit");
  if (limit !== undefined && limit > 0) return steps.slice(0, limit);
  if (steps.length <= longList || limit === 0) return steps;
  const at = steps.findIndex(({ id }) => id === currentStep(steps)?.id);
  return steps.slice(Math.max(0, at - 2), Math.max(0, at) + 3);
}
