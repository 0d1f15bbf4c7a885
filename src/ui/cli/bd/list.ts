import type { Bead } from "../../../core/ledger/bead.ts";
import { usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { beadCounts, edgeIndex } from "./bead-json.ts";
import { agentLines, flatLines, longLines, treeLines } from "./bead-list.ts";
import { directoryLabelFilter } from "./directory-labels.ts";
import { findBeads, limited, listQuery } from "./list-query.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

/** `bd list` (spec/01 §10.3). */
export async function run(context: CommandContext): Promise<void> {
  const [surplus] = [...context.args, ...context.rest];
  if (surplus !== undefined) {
    const isFlagName = /^(?:ready|pinned|deferred|overdue|all|tree|long|flat)$/.test(surplus);
    throw usageError(`list takes no arguments, got "${sanitiseLine(surplus)}"`, {
      hint: isFlagName ? `did you mean --${surplus}?` : `did you mean bd search ${sanitiseLine(surplus)}?`,
    });
  }
  const workspace = await openWorkspace(context);
  if (context.flags.boolean("watch")) {
    const { watchList } = await import("./watch-list.ts");
    return watchList(context, workspace, () => list(context, workspace));
  }
  await list(context, workspace);
}

async function list(context: CommandContext, workspace: Workspace): Promise<void> {
  const asked = await listQuery(context, workspace, context.agentMode && !context.json ? 20 : 50);
  const query = {
    ...asked,
    filter: { ...asked.filter, ...(await directoryLabelFilter(context, workspace)) },
  };
  const { beads, isCut } = context.flags.boolean("ready")
    ? limited(await workspace.ledger.ready({ ...query.filter, limit: 0 }), query)
    : await findBeads(workspace, query);
  await showList(context, workspace, beads);
  if (isCut) context.out.note(`Showing ${beads.length} issues; more matched. Use --limit 0 for all.`);
}

/** Beads in the shape that the flags ask for: JSON, graph, tree, flat. */
export async function showList(
  context: CommandContext,
  workspace: Workspace,
  beads: readonly Bead[],
  options: { readonly empty?: string } = {},
): Promise<void> {
  const { out, flags } = context;
  const format = flags.string("format");
  const edges = await edgeIndex(
    workspace.ledger,
    beads.map((bead) => bead.id),
  );
  if (out.json || format === "json") {
    const comments = await workspace.ledger.commentCounts(beads.map((bead) => bead.id));
    const shown = beads.map((bead) => beadCounts(bead, edges, comments.get(bead.id) ?? 0));
    if (out.json) out.document(shown);
    else out.line(JSON.stringify(shown, undefined, 2));
    return;
  }
  if (format !== undefined) {
    const { digraphLines } = await import("./digraph.ts");
    for (const line of digraphLines(beads, edges, format === "dot" ? "dot" : "digraph")) out.line(line);
    return;
  }
  if (beads.length === 0) {
    out.line(options.empty ?? "No issues found.");
    return;
  }
  out.page();
  const lines = context.agentMode
    ? agentLines(beads, edges)
    : flags.boolean("long")
      ? longLines(beads, edges, out.style)
      : flags.boolean("flat") || !flags.boolean("tree")
        ? flatLines(beads, edges, out.style)
        : treeLines(beads, edges, out.style);
  for (const line of lines) out.line(line);
}
