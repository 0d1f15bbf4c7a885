import type { Bead } from "../../../core/ledger/bead.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { beadJson, edgeIndex, parentIn } from "./bead-json.ts";
import { treeLine } from "./bead-list.ts";
import { findCycles } from "./cycles.ts";
import type { Workspace } from "./workspace.ts";

const blocking = new Set(["blocks", "conditional-blocks", "waits-for"]);

/** `bd ready --explain`: why beads are ready, what holds the others back, and cycles (spec/01 §10.3). */
export async function explainReady(
  { out }: CommandContext,
  workspace: Workspace,
  ready: readonly Bead[],
): Promise<void> {
  const { ledger } = workspace;
  const scope = workspace.readScope === undefined ? {} : { scope: workspace.readScope };
  const blocked = await ledger.blocked(scope);
  const edges = await edgeIndex(
    ledger,
    ready.map((bead) => bead.id),
  );
  const others = await ledger.getMany([
    ...ready.flatMap((bead) => edges.from(bead.id).map((edge) => edge.to)),
    ...blocked.flatMap((bead) => bead.blockedBy),
  ]);
  const cycles = await findCycles(ledger, blocked);
  const explained = ready.map((bead) => {
    const resolved = edges
      .from(bead.id)
      .filter((edge) => blocking.has(edge.type) && others.has(edge.to))
      .map((edge) => edge.to);
    const parent = parentIn(edges.from(bead.id));
    return {
      bead,
      reason: resolved.length === 0 ? "no blocking dependencies" : `${resolved.length} blocker(s) resolved`,
      resolved,
      parent,
    };
  });
  out.document({
    ready: explained.map(({ bead, reason, resolved, parent }) => ({
      ...beadJson(bead),
      reason,
      resolved_blockers: resolved,
      dependency_count: edges.from(bead.id).length,
      dependent_count: edges.to(bead.id).length,
      ...(parent === undefined ? {} : { parent }),
    })),
    blocked: blocked.map((bead) => ({
      ...beadJson(bead),
      blocked_by: bead.blockedBy.map((id) => blockerJson(id, others.get(id))),
      blocked_by_count: bead.blockedBy.length,
    })),
    ...(cycles.length === 0 ? {} : { cycles: cycles.map((cycle) => cycle.map((bead) => bead.id)) }),
    summary: { total_ready: ready.length, total_blocked: blocked.length, cycle_count: cycles.length },
  });
  out.line(out.style.bold(`Ready (${ready.length})`));
  for (const { bead, reason } of explained) out.line(`  ${treeLine(bead, out.style)} (${reason})`);
  out.line();
  out.line(out.style.bold(`Blocked (${blocked.length})`));
  for (const bead of blocked) {
    out.line(`  ${treeLine(bead, out.style)}`);
    for (const id of bead.blockedBy)
      out.line(`    ← ${sanitiseLine(`${id} ${others.get(id)?.title ?? ""}`)}`);
  }
  for (const cycle of cycles) out.caution(`cycle: ${cycle.map((bead) => bead.id).join(" -> ")}`);
}

function blockerJson(id: string, bead: Bead | undefined) {
  return bead === undefined
    ? { id }
    : { id, title: bead.title, status: bead.status, priority: bead.priority };
}
