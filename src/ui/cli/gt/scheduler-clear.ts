import { GtError } from "../../../core/gt-error.ts";
import { openContexts } from "../../../core/scheduler/sling-context.ts";
import type { CommandContext } from "../command.ts";

/** `gt scheduler clear [--bead id]` (spec/05 §9.5). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const { ledger, actor } = await context.access();
  const only = flags.string("bead");
  const { contexts } = await openContexts(ledger, only);
  if (only !== undefined && contexts.length === 0)
    throw new GtError("E_NOT_QUEUED", `${only} is not queued`, { hint: "gt scheduler list" });
  if (contexts.length > 0) {
    await ledger.write(
      actor,
      contexts.map((stored) => ({ op: "close", id: stored.id, close: { reason: "cleared", force: true } })),
    );
  }
  out.document({ ok: true, cleared: contexts.map((stored) => stored.bead) });
  out.line(contexts.length === 0 ? "nothing was queued" : `took ${contexts.length} beads off the queue`);
}
