import type { Bead } from "../../../core/ledger/bead.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { beadJson } from "./bead-json.ts";
import { priorityMark } from "./bead-text.ts";
import { listQuery } from "./list-query.ts";
import { descendants } from "./ready.ts";
import { openWorkspace } from "./workspace.ts";

/** `bd blocked` (spec/01 §10.3). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const workspace = await openWorkspace(context);
  const { filter, conditions, limit } = await listQuery(context, workspace, 0);
  const { parent: _, template: __, ...own } = filter;
  const kept: ((bead: Bead) => boolean)[] = [...conditions];
  if (flags.has("parent")) {
    const below = await descendants(workspace, await workspace.resolve(flags.string("parent") ?? ""));
    kept.push((bead) => below.has(bead.id));
  }
  const found = (await workspace.ledger.blocked(own)).filter((bead) => kept.every((holds) => holds(bead)));
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
