import { moleculeProgress } from "../../../core/formulas/molecule.ts";
import { GtError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";
import { printProgress, progressJson } from "../molecule-text.ts";
import { rootOf } from "./mol-root.ts";
import { openWorkspace } from "./workspace.ts";

/** `bd mol progress`: counts only (spec/02 §13.3). */
export async function run(context: CommandContext): Promise<void> {
  const workspace = await openWorkspace(context);
  const root = await rootOf(workspace, context.args[0]);
  const progress = await moleculeProgress(workspace.ledger, root.id);
  if (progress.total === 0)
    throw new GtError("E_NO_STEPS", `no steps found for ${root.id} (not a molecule root?)`, {
      hint: `bd show ${root.id}`,
    });
  context.out.document(progressJson(progress));
  printProgress(context.out, progress);
}
