import type { CommandContext } from "../command.ts";
import { beadJson } from "./bead-json.ts";
import { nameBead } from "./bead-text.ts";
import { findCycles } from "./cycles.ts";
import { openWorkspace } from "./workspace.ts";

/** `bd dep cycles` (spec/01 §10.4). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const workspace = await openWorkspace(context);
  const cycles = await findCycles(workspace.ledger, await workspace.ledger.blocked());
  out.document(cycles.map((cycle) => cycle.map((bead) => beadJson(bead))));
  if (cycles.length === 0) out.line("No dependency cycles detected");
  for (const [index, cycle] of cycles.entries()) {
    out.caution(`Cycle ${index + 1}:`);
    for (const bead of cycle) out.line(`  ${nameBead(bead, workspace)}`);
  }
}
