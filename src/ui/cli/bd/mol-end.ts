import { burning } from "../../../core/formulas/burn.ts";
import { digestName, digestOf, squashing } from "../../../core/formulas/squash.ts";
import { GtError, usageError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import type { CommandContext } from "../command.ts";
import { errorLines } from "../print-error.ts";
import { rootOf } from "./mol-root.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

/** `bd mol squash` (spec/02 §7.6). */
export async function squash(context: CommandContext): Promise<void> {
  const { out, flags, args } = context;
  const workspace = await openWorkspace(context);
  const root = await rootOf(workspace, args[0]);
  const before = await digestOf(workspace.ledger, root);
  if (before !== undefined) {
    out.document({ molecule_id: root.id, digest_id: before, squashed_ids: [], squashed_count: 0 });
    out.line(`already squashed into ${before}`);
    return;
  }
  const summary = flags.string("summary");
  const keepChildren = flags.boolean("keep-children");
  const { operations, squashed, deleted } = await squashing(workspace.ledger, root, {
    now: workspace.now,
    keepChildren,
    ...(summary === undefined ? {} : { summary }),
  });
  if (squashed.length === 0) {
    out.document({ molecule_id: root.id, squashed_ids: [], squashed_count: 0, deleted_count: 0 });
    out.line(`${root.id} has no steps: nothing to squash`);
    return;
  }
  const isDry = flags.boolean("dry-run");
  const digest = isDry ? "" : ((await workspace.write(operations)).named[digestName] ?? "");
  out.document({
    molecule_id: root.id,
    digest_id: digest,
    squashed_ids: squashed,
    squashed_count: squashed.length,
    deleted_count: deleted.length,
    kept_children: keepChildren,
    wisp_squash: root.ephemeral,
    ...(isDry ? { dry_run: true } : {}),
  });
  if (isDry) out.line(`Would squash ${squashed.length} steps of ${root.id}`);
  else out.done(`Squashed ${squashed.length} steps of ${root.id} into ${digest}`);
}

/** `bd mol burn` (spec/02 §7.7): several ids one after the other, each by itself. */
export async function burn(context: CommandContext): Promise<number> {
  const { out, flags, args } = context;
  if (args.length === 0) throw usageError("missing argument <mol>", { hint: "bd mol burn <mol>" });
  const workspace = await openWorkspace(context);
  const results: {
    molecule_id: string;
    deleted_ids: readonly string[];
    deleted_count: number;
    error?: string;
  }[] = [];
  for (const input of args) {
    try {
      const root = await rootOf(workspace, input);
      const deleted = await burnOne(context, workspace, root);
      results.push({ molecule_id: root.id, deleted_ids: deleted, deleted_count: deleted.length });
      const isDry = flags.boolean("dry-run");
      if (isDry) out.line(`Would burn ${root.id}: ${deleted.length} beads`);
      else out.done(`Burned ${root.id}: ${deleted.length} beads`);
    } catch (error) {
      if (!(error instanceof GtError) || args.length === 1) throw error;
      results.push({ molecule_id: input, deleted_ids: [], deleted_count: 0, error: error.message });
      for (const line of errorLines(error, "Error:")) out.error(line);
    }
  }
  const [only] = results;
  const failed = results.filter(({ error }) => error !== undefined).length;
  const total = results.reduce((sum, { deleted_count: count }) => sum + count, 0);
  out.document(results.length === 1 ? only : { results, total_deleted: total, failed_count: failed });
  return failed > 0 ? 1 : 0;
}

async function burnOne(
  context: CommandContext,
  workspace: Workspace,
  root: Bead,
): Promise<readonly string[]> {
  const { flags } = context;
  if (root.type !== "molecule" && root.type !== "epic" && !root.ephemeral)
    throw new GtError("E_NOT_MOLECULE", `${root.id} is not a molecule root`, { hint: `bd show ${root.id}` });
  const { operations, deleted } = await burning(workspace.ledger, root);
  if (flags.boolean("dry-run")) return deleted;
  const isAsked = !flags.boolean("force") && !context.json;
  if (isAsked) {
    const question = { text: `Burn ${root.id} with ${deleted.length} beads?`, flag: "--force" };
    if (!(await context.confirm(question)))
      throw new GtError("E_REFUSED", `${root.id} was not burned`, { hint: `bd mol burn ${root.id} --force` });
  }
  await workspace.write(operations);
  return deleted;
}
