import { usageError } from "../../../core/gt-error.ts";
import type { CommandContext } from "../command.ts";
import { beadEvent } from "./bead-event.ts";
import { reread } from "./each-bead.ts";
import { openWorkspace } from "./workspace.ts";

/** `bd duplicate X --of Y`: closes X as a duplicate (spec/01 §10.4). */
export async function duplicate(context: CommandContext): Promise<void> {
  const { from, to } = await replace(context, {
    flag: "of",
    type: "duplicates",
    reason: (id) => `duplicate of ${id}`,
  });
  context.out.document({ duplicate: from, canonical: to, status: "closed" });
  if (!context.out.json) context.out.done(`Closed ${from} as a duplicate of ${to}`);
}

/** `bd supersede X --with Y`: closes X because Y takes its place. */
export async function supersede(context: CommandContext): Promise<void> {
  const { from, to } = await replace(context, {
    flag: "with",
    type: "supersedes",
    reason: (id) => `superseded by ${id}`,
  });
  context.out.document({ superseded: from, replacement: to, status: "closed" });
  if (!context.out.json) context.out.done(`Closed ${from}, superseded by ${to}`);
}

interface Replacement {
  readonly flag: "of" | "with";
  readonly type: "duplicates" | "supersedes";
  reason(id: string): string;
}

async function replace(
  context: CommandContext,
  { flag, type, reason }: Replacement,
): Promise<{ readonly from: string; readonly to: string }> {
  const other = context.flags.string(flag);
  if (other === undefined) throw usageError(`missing flag --${flag} <id>`);
  const workspace = await openWorkspace(context);
  const from = await workspace.resolve(context.args[0] ?? "");
  const to = await workspace.resolve(other);
  if (from === to) throw usageError(`${from} cannot replace itself`);
  const bead = await reread(workspace, from);
  // The newer bead supersedes the older one; a duplicate points to its original.
  const edge = type === "supersedes" ? { from: to, to: from, type } : { from, to, type };
  await workspace.write([
    { op: "addDependency", edge },
    { op: "close", id: from, close: { reason: reason(to), outcome: "skipped", force: true } },
    ...beadEvent(bead, "complete", { bead: from, title: bead.title, reason: reason(to) }),
  ]);
  return { from, to };
}
