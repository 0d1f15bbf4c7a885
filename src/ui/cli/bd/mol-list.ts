import { moleculeProgress } from "../../../core/formulas/molecule.ts";
import { moleculeRecord } from "../../../core/formulas/molecule-record.ts";
import { formatTime } from "../../../core/clock.ts";
import { formatAgo } from "../../../core/duration.ts";
import { usageError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

const dayMs = 86_400_000;

/** `bd mol list` (spec/02 §13.3). */
export async function list(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const workspace = await openWorkspace(context);
  const phase = flags.string("phase");
  const formula = flags.string("formula");
  const assignee = flags.string("assignee");
  const roots = await workspace.ledger.find({
    type: "molecule",
    sort: "updated",
    limit: limitOf(context),
    ...scopeOf(workspace),
    ...(flags.boolean("all") ? {} : { notStatus: "closed" }),
    ...(phase === undefined ? {} : { ephemeral: phase === "vapor" }),
    ...(formula === undefined ? {} : { labels: [`formula:${formula}`] }),
    ...(assignee === undefined ? {} : { assignee }),
  });
  const rows = await Promise.all(roots.map((root) => rowOf(workspace, root)));
  out.document(rows);
  if (rows.length === 0) out.line("No molecules");
  else
    out.table(
      ["MOLECULE", "FORMULA", "PHASE", "STEPS", "ASSIGNEE", "BASE", "UPDATED"],
      rows.map((row) =>
        [
          row.id,
          row.formula,
          row.phase,
          `${row.done}/${row.total}`,
          row.assignee,
          row.base ?? "",
          formatAgo(workspace.now - Date.parse(row.updated_at)),
        ].map(sanitiseLine),
      ),
    );
}

async function rowOf({ ledger }: Workspace, root: Bead) {
  const record = moleculeRecord(root);
  const { total, done } = await moleculeProgress(ledger, root.id);
  return {
    id: root.id,
    title: root.title,
    formula: record?.formula ?? root.sourceFormula,
    phase: root.ephemeral ? "vapor" : "liquid",
    mode: record?.mode ?? "poured",
    status: root.status,
    total,
    done,
    assignee: root.assignee,
    base: record?.base ?? null,
    updated_at: formatTime(root.updatedAt),
  };
}

/** `bd mol wisp list`: the short-lived ones, whatever they are. */
export async function wisps(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const workspace = await openWorkspace(context);
  const type = flags.string("type");
  const found = await workspace.ledger.find({
    ephemeral: true,
    topLevel: true,
    sort: "updated",
    ...scopeOf(workspace),
    ...(flags.boolean("all") ? {} : { notStatus: "closed" }),
    ...(type === undefined ? {} : { wispType: type }),
  });
  const isOld = (bead: Bead) => workspace.now - bead.updatedAt > dayMs;
  out.document({
    wisps: found.map((bead) => ({
      id: bead.id,
      title: bead.title,
      status: bead.status,
      type: bead.wispType || bead.type,
      updated_at: formatTime(bead.updatedAt),
      old: isOld(bead),
    })),
    count: found.length,
    old_count: found.filter(isOld).length,
  });
  if (found.length === 0) out.line("No wisps");
  else
    out.table(
      ["WISP", "STATUS", "TYPE", "TITLE", "UPDATED"],
      found.map((bead) =>
        [
          bead.id,
          bead.status,
          bead.wispType || bead.type,
          bead.title,
          `${formatAgo(workspace.now - bead.updatedAt)}${isOld(bead) ? ", old" : ""}`,
        ].map(sanitiseLine),
      ),
    );
}

const scopeOf = ({ readScope }: Workspace) => (readScope === undefined ? {} : { scope: readScope });

function limitOf({ flags }: CommandContext): number {
  const limit = flags.integer("limit") ?? 50;
  if (limit < 0) throw usageError("--limit cannot be negative");
  return limit;
}
