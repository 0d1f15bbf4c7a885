import { moleculeProgress } from "../../../core/formulas/molecule.ts";
import { formatTime } from "../../../core/clock.ts";
import { formatAgo } from "../../../core/duration.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import type { CommandContext } from "../command.ts";
import { nameBead } from "./bead-text.ts";
import { rootOf } from "./mol-root.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

/** `bd mol stale`: molecules whose steps are all closed and whose root is still open (spec/02 §13.3). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const workspace = await openWorkspace(context);
  const stale = (await staleMolecules(workspace)).filter(({ root, blocks }) => {
    if (flags.boolean("blocking") && blocks.length === 0) return false;
    return !flags.boolean("unassigned") || root.assignee === "";
  });
  out.document({
    stale: stale.map(({ root, total, blocks }) => ({
      molecule_id: root.id,
      molecule_title: root.title,
      total_steps: total,
      assignee: root.assignee,
      blocks,
    })),
    count: stale.length,
  });
  if (stale.length === 0) out.line("No stale molecules");
  for (const { root, total, blocks } of stale) {
    out.line(`${nameBead(root, workspace)}: ${total}/${total} steps closed, root ${root.status}`);
    if (blocks.length > 0) out.line(`  blocks ${blocks.join(", ")}`);
    out.line(`  bd close ${root.id}`);
  }
}

interface Stale {
  readonly root: Bead;
  readonly total: number;
  readonly blocks: readonly string[];
}

async function staleMolecules(workspace: Workspace): Promise<readonly Stale[]> {
  const { ledger, readScope } = workspace;
  const roots = await ledger.find({
    type: "molecule",
    notStatus: "closed",
    ...(readScope === undefined ? {} : { scope: readScope }),
  });
  const stale: Stale[] = [];
  for (const root of roots) {
    const { total, done } = await moleculeProgress(ledger, root.id);
    if (total === 0 || done < total) continue;
    const blocks = (await ledger.dependents(root.id)).filter(({ type }) => type === "blocks");
    stale.push({ root, total, blocks: blocks.map(({ from }) => from) });
  }
  return stale;
}

/** `bd mol last-activity`. */
export async function lastActivity(context: CommandContext): Promise<void> {
  const { out } = context;
  const workspace = await openWorkspace(context);
  const root = await rootOf(workspace, context.args[0]);
  const [step] = await workspace.ledger.find({ under: root.id, sort: "updated", limit: 1 });
  const latest = step !== undefined && step.updatedAt > root.updatedAt ? step : root;
  const source =
    latest === root ? "molecule_updated" : latest.status === "closed" ? "step_closed" : "step_updated";
  out.document({
    molecule_id: root.id,
    last_activity: formatTime(latest.updatedAt),
    source,
    source_id: latest.id,
  });
  out.line(`${root.id}: ${formatAgo(workspace.now - latest.updatedAt)} (${source} ${latest.id})`);
}
