import { GtError, usageError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import type { BeadFields, Operation } from "../../../core/ledger/operation.ts";
import type { CommandContext } from "../command.ts";
import { beadEvent } from "./bead-event.ts";
import { edgeIndex } from "./bead-json.ts";
import { nameBead } from "./bead-text.ts";
import { readText } from "./content.ts";
import { notFound } from "./each-bead.ts";
import { historySize } from "./history-size.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

const cascadeLimit = 10_000;

interface Deletion {
  readonly beads: readonly Bead[];
  /** Beads that stay and refer to what goes. */
  readonly orphaned: readonly string[];
  readonly edgeCount: number;
  readonly labelCount: number;
  readonly eventCount: number;
  readonly mentions: readonly { readonly id: string; readonly fields: BeadFields }[];
}

/** `bd delete`: without `--force` only a preview (spec/01 §10.4). All ids go in one transaction, or none. */
export async function run(context: CommandContext): Promise<void> {
  const { flags, cwd } = context;
  const fromFile = flags.has("from-file")
    ? readText(cwd, flags.string("from-file") ?? "")
        .split(/\s+/)
        .filter((word) => word !== "" && !word.startsWith("#"))
    : [];
  const inputs = [...context.args, ...context.rest, ...fromFile];
  if (inputs.length === 0) throw usageError("missing argument <id>", { hint: "bd delete <id>" });
  const workspace = await openWorkspace(context);
  const deletion = await plan(context, workspace, inputs);
  const isPreview = !flags.boolean("force") && !flags.boolean("cascade");
  if (flags.boolean("dry-run") || isPreview) {
    preview(context, workspace, deletion);
    return;
  }
  const reason = flags.string("reason") ?? "";
  await workspace.write([
    ...deletion.mentions.map(({ id, fields }): Operation => ({ op: "update", id, fields })),
    ...deletion.beads.flatMap((bead): readonly Operation[] => [
      ...beadEvent(bead, "delete", { bead: bead.id }),
      { op: "delete", id: bead.id, reason },
    ]),
  ]);
  report(context, workspace, deletion);
}

async function plan(
  context: CommandContext,
  workspace: Workspace,
  inputs: readonly string[],
): Promise<Deletion> {
  const { flags } = context;
  const { ledger } = workspace;
  const ids = new Set<string>();
  for (const input of inputs) ids.add(await workspace.resolve(input));
  if (flags.boolean("cascade")) await addDependents(workspace, ids);
  const found = await ledger.getMany([...ids]);
  const beads = [...ids].map((id) => {
    const bead = found.get(id);
    if (bead === undefined) throw notFound(id);
    return bead;
  });
  const template = beads.find((bead) => bead.isTemplate);
  if (template !== undefined)
    throw new GtError("E_TEMPLATE", `cannot modify template ${template.id}: pour it instead`);
  const edges = await edgeIndex(ledger, [...ids]);
  const orphaned = new Set(
    beads.flatMap((bead) => edges.to(bead.id).map((edge) => edge.from)).filter((id) => !ids.has(id)),
  );
  const isOnlyPreview = !flags.boolean("force") && !flags.boolean("cascade");
  if (orphaned.size > 0 && !flags.boolean("force") && !isOnlyPreview) throw stillNeeded([...orphaned]);
  const all = new Set(beads.flatMap((bead) => [...edges.from(bead.id), ...edges.to(bead.id)]));
  const neighbours = new Set([...all].flatMap((edge) => [edge.from, edge.to]).filter((id) => !ids.has(id)));
  const others = await ledger.getMany([...neighbours]);
  return {
    beads,
    orphaned: [...orphaned].toSorted(),
    edgeCount: all.size,
    labelCount: beads.reduce((sum, bead) => sum + bead.labels.length, 0),
    eventCount: await historySize(ledger, [...ids]),
    mentions: [...others.values()].flatMap((bead) => withoutMentions(bead, [...ids])),
  };
}

async function addDependents({ ledger }: Workspace, ids: Set<string>): Promise<void> {
  let level = [...ids];
  while (level.length > 0) {
    const edges = await ledger.edges(level);
    level = edges.filter((edge) => ids.has(edge.to) && !ids.has(edge.from)).map((edge) => edge.from);
    for (const id of level) ids.add(id);
    if (ids.size > cascadeLimit) {
      throw new GtError("E_REFUSED", `more than ${cascadeLimit} issues depend on this`, {
        hint: "delete in smaller steps",
      });
    }
  }
}

function stillNeeded(ids: readonly string[]): GtError {
  return new GtError("E_REFUSED", `${ids.length} other issue(s) depend on what would be deleted`, {
    why: [ids.slice(0, 10).join(", ")],
    hint: "--cascade deletes them too, --force orphans them",
  });
}

/** Whole-word mentions of deleted beads in a neighbour's texts become `[deleted:<id>]`. */
function withoutMentions(
  bead: Bead,
  ids: readonly string[],
): readonly { readonly id: string; readonly fields: BeadFields }[] {
  if (bead.isTemplate) return [];
  const fields: Record<string, string> = {};
  for (const name of ["description", "design", "acceptanceCriteria", "notes"] as const) {
    let text = bead[name];
    for (const id of ids) {
      const word = id.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
      text = text.replace(new RegExp(`(?<![\\w.:-])${word}(?![\\w-]|\\.\\w)`, "g"), `[deleted:${id}]`);
    }
    if (text !== bead[name]) fields[name] = text;
  }
  return Object.keys(fields).length === 0 ? [] : [{ id: bead.id, fields }];
}

function preview(
  { out }: CommandContext,
  workspace: Workspace,
  { beads, orphaned, edgeCount, mentions }: Deletion,
): void {
  out.document({
    dry_run: true,
    would_delete: beads.map((bead) => bead.id),
    dependencies: edgeCount,
    references: mentions.length,
    dependents: orphaned,
  });
  out.line(`Would delete ${beads.length} issue${beads.length === 1 ? "" : "s"}:`);
  for (const bead of beads) out.line(`  ${nameBead(bead, workspace)}`);
  out.line(`  ${edgeCount} dependencies, ${mentions.length} texts that mention them`);
  if (orphaned.length > 0) out.line(`  still needed by: ${orphaned.join(", ")}`);
  out.note("hint: add --force to delete");
}

function report({ out }: CommandContext, workspace: Workspace, deletion: Deletion): void {
  const { beads, orphaned, edgeCount, labelCount, eventCount, mentions } = deletion;
  const [single] = beads;
  if (beads.length === 1 && single !== undefined) {
    out.document({
      deleted: single.id,
      dependencies_removed: edgeCount,
      references_updated: mentions.length,
    });
  } else {
    out.document({
      deleted: beads.map((bead) => bead.id),
      deleted_count: beads.length,
      dependencies_removed: edgeCount,
      labels_removed: labelCount,
      events_removed: eventCount,
      references_updated: mentions.length,
      orphaned_issues: orphaned,
    });
  }
  if (!out.json) for (const bead of beads) out.done(`Deleted ${nameBead(bead, workspace)}`);
}
