import { usageError } from "../../../core/gt-error.ts";
import type { Operation } from "../../../core/ledger/operation.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { beadEvent } from "./bead-event.ts";
import { eachBead } from "./each-bead.ts";
import { openWorkspace } from "./workspace.ts";

interface LabelChange {
  readonly status: "added" | "removed";
  readonly label: string;
}

/** `bd label add ids.. L` (spec/01 §10.4). */
export async function add(context: CommandContext): Promise<void> {
  const { ids, label } = idsAndLabel(context);
  await change(context, ids, [{ status: "added", label }]);
}

/** `bd label remove ids.. L`. */
export async function remove(context: CommandContext): Promise<void> {
  const { ids, label } = idsAndLabel(context);
  await change(context, ids, [{ status: "removed", label }]);
}

/** `bd label X --add L --remove L`. */
export async function edit(context: CommandContext): Promise<void> {
  const { flags, args } = context;
  const changes: LabelChange[] = [
    ...flags.strings("add").map((label): LabelChange => ({ status: "added", label })),
    ...flags.strings("remove").map((label): LabelChange => ({ status: "removed", label })),
  ];
  if (changes.length === 0) throw usageError("nothing to do", { hint: "bd label <id> --add <label>" });
  await change(context, args, changes);
}

function idsAndLabel({ args, words }: CommandContext): {
  readonly ids: readonly string[];
  readonly label: string;
} {
  const label = args.at(-1);
  if (args.length < 2 || label === undefined) {
    throw usageError("missing argument <label>", { hint: `bd ${words.join(" ")} <id> <label>` });
  }
  return { ids: args.slice(0, -1), label };
}

async function change(
  context: CommandContext,
  inputs: readonly string[],
  changes: readonly LabelChange[],
): Promise<void> {
  const { out } = context;
  const workspace = await openWorkspace(context);
  const beads = await eachBead(context, workspace, inputs, async (bead) => {
    const operations = changes.map(
      ({ status, label }): Operation => ({
        op: status === "added" ? "addLabel" : "removeLabel",
        id: bead.id,
        label,
      }),
    );
    await workspace.write([
      ...operations,
      ...beadEvent(bead, "update", { bead: bead.id, fields: ["labels"] }),
    ]);
    return bead;
  });
  const done = beads.flatMap((bead) => changes.map((one) => ({ ...one, id: bead.id })));
  out.document(done.map(({ status, id, label }) => ({ status, issue_id: id, label: label.trim() })));
  if (out.json) return;
  for (const { status, id, label } of done) {
    out.done(
      `${status === "added" ? "Added" : "Removed"} label "${sanitiseLine(label)}" ${status === "added" ? "to" : "from"} ${id}`,
    );
  }
}

/** `bd label list X`. */
export async function list(context: CommandContext): Promise<void> {
  const { out, args } = context;
  const workspace = await openWorkspace(context);
  const bead = await workspace.ledger.get(await workspace.resolve(args[0] ?? ""));
  const labels = bead?.labels ?? [];
  out.document(labels);
  if (labels.length === 0) out.line("No labels");
  for (const label of labels) out.line(`  ${sanitiseLine(label)}`);
}

/** `bd label list-all`. */
export async function listAll(context: CommandContext): Promise<void> {
  const { out } = context;
  const workspace = await openWorkspace(context);
  const scope = workspace.readScope;
  const counts = await workspace.ledger.labelCounts(scope === undefined ? {} : { scope });
  out.document([...counts].map(([label, count]) => ({ label, count })));
  if (counts.size === 0) out.line("No labels");
  for (const [label, count] of counts) out.line(`  ${sanitiseLine(label)} (${count})`);
}

/** `bd label propagate P L`: the label goes to all children of P. */
export async function propagate(context: CommandContext): Promise<void> {
  const workspace = await openWorkspace(context);
  const [parent = "", label = ""] = context.args;
  const children = await workspace.ledger.find({ parent: await workspace.resolve(parent), sort: "id" });
  if (children.length === 0) {
    context.out.document([]);
    context.out.line("No children");
    return;
  }
  await change(
    context,
    children.map((bead) => bead.id),
    [{ status: "added", label }],
  );
}
