import { usageError } from "../../../core/gt-error.ts";
import type { Bead } from "../../../core/ledger/bead.ts";
import type { BeadFilter } from "../../../core/ledger/ledger.ts";
import type { Operation } from "../../../core/ledger/operation.ts";
import { parseDuration } from "../../../core/duration.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { beadJson, edgeIndex } from "./bead-json.ts";
import { nameBead } from "./bead-text.ts";
import { eachBead, reread } from "./each-bead.ts";
import { globToRegExp } from "../../../core/glob.ts";
import { historySize } from "./history-size.ts";
import { openWorkspace, type Workspace } from "./workspace.ts";

const dayMs = 86_400_000;
const batchSize = 100;

/** Labels that keep a bead out of every automatic deletion (spec/01 §5.1). */
const protectedLabels = new Set(["gt:keep", "keep", "gt:standing-orders", "gt:role", "gt:rig"]);

/** `bd promote X`: a wisp becomes durable under the same id (spec/01 §5.5). */
export async function promote(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const workspace = await openWorkspace(context);
  const promoted = await eachBead(context, workspace, context.args, async (bead) => {
    await workspace.write([
      { op: "promote", id: bead.id, reason: flags.string("reason") ?? "Promoted: proven value" },
    ]);
    return reread(workspace, bead.id);
  });
  out.document(promoted.map((bead) => beadJson(bead)));
  if (!out.json) for (const bead of promoted) out.done(`Promoted ${nameBead(bead, workspace)}`);
}

/** `bd purge`: closed wisps. */
export async function purge(context: CommandContext): Promise<void> {
  await clearOut(context, {
    name: "purged_count",
    filter: { status: "closed", ephemeral: true },
    defaultAge: 0,
  });
}

/** `bd prune`: closed durable beads; needs `--older-than` or `--pattern`. */
export async function prune(context: CommandContext): Promise<void> {
  const { flags } = context;
  if (!flags.has("older-than") && !flags.has("pattern")) {
    throw usageError("bd prune needs --older-than or --pattern", { hint: "bd prune --older-than 90d" });
  }
  await clearOut(context, {
    name: "pruned_count",
    filter: { status: "closed", ephemeral: false },
    defaultAge: 0,
  });
}

/** `bd gc`: durable beads closed more than 90 days ago. */
export async function collect(context: CommandContext): Promise<void> {
  await clearOut(context, {
    name: "pruned_count",
    filter: { status: "closed", ephemeral: false },
    defaultAge: 90 * dayMs,
  });
}

interface ClearOut {
  readonly name: "purged_count" | "pruned_count";
  readonly filter: BeadFilter;
  readonly defaultAge: number;
}

async function clearOut(context: CommandContext, { name, filter, defaultAge }: ClearOut): Promise<void> {
  const { flags, out } = context;
  const age = ageOf(flags.string("older-than")) ?? defaultAge;
  const pattern = flags.has("pattern") ? globToRegExp(flags.string("pattern") ?? "") : undefined;
  const workspace = await openWorkspace(context);
  const found = await workspace.ledger.find({
    ...filter,
    template: false,
    pinned: false,
    ...(age === 0 ? {} : { closedBefore: workspace.now - age }),
    ...(workspace.readScope === undefined ? {} : { scope: workspace.readScope }),
  });
  const doomed = found.filter(
    (bead) =>
      !bead.labels.some((label) => protectedLabels.has(label)) &&
      !["agent", "role", "rig"].includes(bead.type) &&
      (pattern === undefined || pattern.test(bead.id) || pattern.test(bead.title)),
  );
  const edges = await edgeIndex(
    workspace.ledger,
    doomed.map((bead) => bead.id),
  );
  const counts = {
    [name]: doomed.length,
    dependencies: new Set(doomed.flatMap((bead) => [...edges.from(bead.id), ...edges.to(bead.id)])).size,
    labels: doomed.reduce((sum, bead) => sum + bead.labels.length, 0),
    events: await historySize(
      workspace.ledger,
      doomed.map((bead) => bead.id),
    ),
  };
  const isPreview = !flags.boolean("force") || flags.boolean("dry-run");
  if (!isPreview) await deleteAll(workspace, doomed, context.words.join(" "));
  out.document({ ...counts, ...(isPreview ? { dry_run: true } : {}) });
  if (out.json) return;
  if (doomed.length === 0) out.line("Nothing to delete");
  else if (isPreview) {
    out.line(`Would delete ${doomed.length} issues:`);
    for (const bead of doomed.slice(0, 20)) out.line(`  ${nameBead(bead, workspace)}`);
    if (doomed.length > 20) out.line(`  and ${doomed.length - 20} more`);
    out.note("hint: add --force to delete");
  } else out.done(`Deleted ${doomed.length} issues`);
}

function ageOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const age = /^\d+$/.test(text.trim()) ? Number(text) * dayMs : parseDuration(text.trim());
  if (age !== undefined) return age;
  throw usageError(`--older-than: "${sanitiseLine(text)}" is neither days nor a duration`);
}

/** In portions, so that other writers get a turn. */
async function deleteAll(workspace: Workspace, beads: readonly Bead[], reason: string): Promise<void> {
  for (let start = 0; start < beads.length; start += batchSize) {
    const portion = beads.slice(start, start + batchSize);
    await workspace.write(portion.map((bead): Operation => ({ op: "delete", id: bead.id, reason })));
  }
}
