import type { Bead } from "../../../core/ledger/bead.ts";
import { beadJson } from "./bead-json.ts";
import { reread } from "./each-bead.ts";
import type { Workspace } from "./workspace.ts";

/** `bd ready --mol X --json`: the ready steps of one molecule, those that may run side by side together (spec/01 §10.3). */
export async function moleculeReady(workspace: Workspace, input: string, ready: readonly Bead[]) {
  const root = await reread(workspace, await workspace.resolve(input));
  const total = await workspace.ledger.count({ under: root.id });
  // All steps that are ready at once may run at once.
  const group = ready.length > 1 ? { parallel_group: "ready" } : {};
  return {
    molecule_id: root.id,
    molecule_title: root.title,
    total_steps: total,
    ready_steps: ready.length,
    steps: ready.map((bead) => ({ issue: beadJson(bead), ...group })),
    parallel_groups: ready.length > 1 ? { ready: ready.map((bead) => bead.id) } : {},
  };
}
