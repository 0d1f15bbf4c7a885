import type { Bead } from "../../../core/ledger/bead.ts";
import type { Operation } from "../../../core/ledger/operation.ts";
import type { CommandContext } from "../command.ts";
import { openWorkspace } from "./workspace.ts";

/** `bd relate A B`: a link in both directions (spec/01 §4.1). */
export async function relate(context: CommandContext): Promise<void> {
  await link(context, "added", (from, to) => ({
    op: "addDependency",
    edge: { from, to, type: "relates-to" },
  }));
}

/** `bd unrelate A B`. */
export async function unrelate(context: CommandContext): Promise<void> {
  await link(context, "removed", (from, to) => ({ op: "removeDependency", from, to, type: "relates-to" }));
}

async function link(
  context: CommandContext,
  status: "added" | "removed",
  operation: (from: Bead["id"], to: Bead["id"]) => Operation,
): Promise<void> {
  const { args, out } = context;
  const workspace = await openWorkspace(context);
  const a = await workspace.resolve(args[0] ?? "");
  const b = await workspace.resolve(args[1] ?? "");
  await workspace.write([operation(a, b), operation(b, a)]);
  out.document({ status, issue_id: a, related_id: b, type: "relates-to" });
  if (!out.json) out.done(status === "added" ? `Related ${a} ↔ ${b}` : `Unrelated ${a} ↔ ${b}`);
}
