import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { beadJson } from "./bead-json.ts";
import { priorityMark } from "./bead-text.ts";
import { listQuery } from "./list-query.ts";
import { openWorkspace } from "./workspace.ts";

/** `bd blocked` (spec/01 §10.3). */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const workspace = await openWorkspace(context);
  const { filter, limit } = await listQuery(context, workspace, 0);
  // Everything below the parent, not only its children.
  const { parent, ...own } = filter;
  const found = await workspace.ledger.blocked(parent === undefined ? own : { ...own, under: parent });
  const beads = limit === 0 ? found : found.slice(0, limit);
  out.document(
    beads.map(({ blockedBy, ...bead }) => ({
      ...beadJson(bead),
      blocked_by_count: blockedBy.length,
      blocked_by: blockedBy,
    })),
  );
  if (beads.length === 0) out.line("No blocked issues");
  for (const bead of beads) {
    out.line(`[${priorityMark(bead, out.style)}] ${bead.id}: ${sanitiseLine(bead.title)}`);
    const count = bead.blockedBy.length;
    out.line(
      `  Blocked by ${count} open ${count === 1 ? "dependency" : "dependencies"}: [${bead.blockedBy.join(" ")}]`,
    );
  }
}
