import { GtError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import type { Workspace } from "./workspace.ts";

/** The beads of several inputs in order, and what could not be found. */
export async function resolveBeads(
  workspace: Workspace,
  inputs: readonly string[],
): Promise<{ readonly beads: readonly Bead[]; readonly failures: readonly GtError[] }> {
  const beads: Bead[] = [];
  const failures: GtError[] = [];
  for (const input of inputs) {
    try {
      const bead = await workspace.ledger.get(await workspace.resolve(input));
      if (bead !== undefined) beads.push(bead);
    } catch (error) {
      if (!(error instanceof GtError)) throw error;
      failures.push(error);
    }
  }
  return { beads, failures };
}
