import { nextStep } from "../../../core/formulas/advance.ts";
import { moleculeAbove, moleculeProgress } from "../../../core/formulas/molecule.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { beadJson } from "./bead-json.ts";
import { nameBead } from "./bead-text.ts";
import { rememberTouched } from "./last-touched.ts";
import type { Workspace } from "./workspace.ts";

/** `bd close --continue`: claims the lowest ready step of the nearest molecule (spec/02 §8.7). */
export async function continueMolecule(
  context: CommandContext,
  workspace: Workspace,
  closed: readonly Bead[],
): Promise<void> {
  const { out, flags } = context;
  const { ledger, actor, now } = workspace;
  const [step] = closed;
  if (step === undefined) return;
  const root = await moleculeAbove(ledger, step);
  const closedStep = { closed: closed.map((bead) => beadJson(bead)) };
  if (root === undefined) {
    out.document({
      ...closedStep,
      continue: { closed_step: beadJson(step), auto_advanced: false, molecule_complete: false },
    });
    out.line(`${step.id} is not a step of a molecule`);
    return;
  }
  const isShown = flags.boolean("no-auto");
  const chosen = await nextStep(ledger, { root: root.id, actor, now }, isShown ? "show" : "claim");
  const next = chosen.next === undefined ? undefined : await ledger.get(chosen.next.id);
  const { total, done } = await moleculeProgress(ledger, root.id);
  out.document({
    ...closedStep,
    continue: {
      closed_step: beadJson(step),
      ...(next === undefined ? {} : { next_step: beadJson(next) }),
      auto_advanced: next !== undefined && !isShown,
      molecule_complete: chosen.action === "done",
      molecule_id: root.id,
    },
  });
  if (chosen.action === "done") out.line(`Molecule ${root.id} complete! All steps closed.`);
  else if (next === undefined) out.line(`No ready step in ${root.id} (${done}/${total})`);
  else if (isShown) out.next(`next step: ${nameBead(next, workspace)} (${done}/${total})`);
  else out.done(`Claimed next step: ${nameBead(next, workspace)} (${done}/${total})`);
  if (next === undefined) return;
  if (!isShown) rememberTouched(workspace, next.id);
  if (!out.json && next.description !== "") out.line(sanitiseLine(next.description).slice(0, 200));
}
