import type { Bead } from "../../../core/ledger/bead.ts";
import { canonicalType } from "../../../core/ledger/bead-types.ts";
import type { ReadyFilter } from "../../../core/ledger/ledger.ts";
import { usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { beadCounts, edgeIndex, parentIn } from "./bead-json.ts";
import { agentLines, treeLine } from "./bead-list.ts";
import { nameBead } from "./bead-text.ts";
import { directoryLabelFilter } from "./directory-labels.ts";
import { rememberTouched } from "./last-touched.ts";
import { labelFilter, labelPattern, metadataFilter } from "./list-query.ts";
import { parsePriority } from "./priority.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

/** `bd ready` (spec/01 §10.3). */
export async function run(context: CommandContext): Promise<void> {
  const { flags } = context;
  const workspace = await openWorkspace(context);
  if (flags.boolean("explain")) {
    const { explainReady } = await import("./explain-ready.ts");
    return explainReady(context, workspace, await readyBeads(context, workspace));
  }
  if (flags.boolean("gated")) {
    const { showGated } = await import("./gated-ready.ts");
    return showGated(context, workspace);
  }
  if (flags.boolean("claim")) return claim(context, workspace);
  const molecule = flags.string("mol");
  if (molecule !== undefined && context.json) {
    const { moleculeReady } = await import("./molecule-ready.ts");
    context.out.document(await moleculeReady(workspace, molecule, await readyBeads(context, workspace)));
    return;
  }
  await showReady(context, workspace, await readyBeads(context, workspace));
}

/** The ready beads that the flags leave. */
async function readyBeads(context: CommandContext, workspace: Workspace): Promise<readonly Bead[]> {
  const limit = context.flags.integer("limit") ?? 100;
  if (limit < 0) throw usageError("--limit cannot be negative");
  const filter = await readyFilter(context, workspace);
  const pattern = labelPattern(context.flags);
  if (pattern === undefined) return workspace.ledger.ready({ ...filter, limit });
  const found = (await workspace.ledger.ready({ ...filter, limit: 0 })).filter((bead) =>
    bead.labels.some((label) => pattern.test(label)),
  );
  return limit === 0 ? found : found.slice(0, limit);
}

async function readyFilter(context: CommandContext, workspace: Workspace): Promise<ReadyFilter> {
  const { flags } = context;
  const sort = flags.string("sort");
  const root = flags.string("parent") ?? flags.string("mol");
  return {
    ...labelFilter(flags),
    ...(await directoryLabelFilter(context, workspace)),
    ...metadataFilter(flags),
    ...(workspace.readScope === undefined ? {} : { scope: workspace.readScope }),
    ...(root === undefined ? {} : { under: await workspace.resolve(root) }),
    ...(flags.has("mol") ? { includeEphemeral: true } : {}),
    ...(flags.has("mol-type") ? { molType: flags.string("mol-type") ?? "" } : {}),
    ...(flags.has("priority") ? { priority: parsePriority(flags.string("priority") ?? "") } : {}),
    ...(flags.has("assignee") ? { assignee: flags.string("assignee") ?? "" } : {}),
    ...(flags.boolean("unassigned") ? { unassigned: true } : {}),
    ...(flags.strings("type").length > 0 ? { type: flags.strings("type").map(canonicalType) } : {}),
    ...(flags.strings("exclude-type").length > 0
      ? { excludeType: flags.strings("exclude-type").map(canonicalType) }
      : {}),
    ...(flags.boolean("include-deferred") ? { includeDeferred: true } : {}),
    ...(flags.boolean("include-ephemeral") ? { includeEphemeral: true } : {}),
    ...(sort === "oldest" || sort === "hybrid" || sort === "priority" ? { sort } : {}),
  };
}

/** Selects and claims in one transaction, so that two callers never get the same bead (spec/01 §7.5). */
async function claim(context: CommandContext, workspace: Workspace): Promise<void> {
  const { out, flags } = context;
  if (flags.boolean("readonly"))
    throw usageError("operation 'ready --claim' is not allowed in read-only mode");
  // A regular expression narrows the choice to ids; the claim then decides among those.
  const filter =
    labelPattern(flags) === undefined
      ? await readyFilter(context, workspace)
      : { ids: (await readyBeads(context, workspace)).map((bead) => bead.id) };
  const claimed = await workspace.ledger.claimReady(workspace.actor, filter);
  if (claimed !== undefined) rememberTouched(workspace, claimed.id);
  const found = claimed === undefined ? [] : [claimed];
  if (out.json) {
    const edges = await edgeIndex(
      workspace.ledger,
      found.map((bead) => bead.id),
    );
    const comments = await workspace.ledger.commentCounts(found.map((bead) => bead.id));
    out.document(found.map((bead) => beadCounts(bead, edges, comments.get(bead.id) ?? 0)));
    return;
  }
  if (claimed === undefined) out.line("No ready work found");
  else out.done(`Claimed ${nameBead(claimed, workspace)}`);
}

async function showReady(
  context: CommandContext,
  workspace: Workspace,
  beads: readonly Bead[],
): Promise<void> {
  const { out } = context;
  const { ledger } = workspace;
  const ids = beads.map((bead) => bead.id);
  const edges = await edgeIndex(ledger, ids);
  if (out.json) {
    const comments = await ledger.commentCounts(ids);
    out.document(beads.map((bead) => beadCounts(bead, edges, comments.get(bead.id) ?? 0)));
    return;
  }
  if (beads.length === 0) {
    const open = await ledger.count({
      status: "open",
      ...(workspace.readScope ? { scope: workspace.readScope } : {}),
    });
    out.line(open === 0 ? "No open issues" : "No ready work found (all issues have blocking dependencies)");
    return;
  }
  if (context.agentMode) {
    for (const line of agentLines(beads, edges)) out.line(line);
    return;
  }
  const parents = await ledger.getMany(beads.flatMap((bead) => parentIn(edges.from(bead.id)) ?? []));
  out.page();
  for (const bead of beads) {
    const parent = parents.get(parentIn(edges.from(bead.id)) ?? "");
    const epic = parent?.type === "epic" ? out.style.muted(` ← ${sanitiseLine(parent.title)}`) : "";
    out.line(`${treeLine(bead, out.style)}${epic}`);
  }
  out.line();
  out.line(`Ready: ${beads.length} issue${beads.length === 1 ? "" : "s"} with no active blockers`);
}
