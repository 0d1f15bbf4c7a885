import { GtError } from "../../../core/gt-error.ts";
import { enqueueSling, openContexts } from "../../../core/scheduler/sling-context.ts";
import type { CommandContext } from "../command.ts";

/** `gt deacon redispatch` (spec/04 §9.3): the bead is queued, and the scheduler starts it within its limits. */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const { ledger, town, actor, clock } = await context.access();
  const id = await ledger.resolve(context.args[0] ?? "");
  const bead = await ledger.get(id);
  if (bead?.status !== "open" || bead.assignee !== "")
    throw new GtError(
      "E_NOT_OPEN",
      `${id} is ${bead?.status ?? "gone"}${bead?.assignee ? ` for ${bead.assignee}` : ""}`,
      {
        hint: `bd show ${id}`,
      },
    );
  const rig = flags.string("rig") === undefined ? town.rigOfBead(id) : town.rig(flags.string("rig") ?? "");
  if (rig === undefined)
    throw new GtError("E_TARGET", `${id} belongs to no rig; say --rig`, { hint: "gt rig list" });
  const isQueued = (await openContexts(ledger, id)).contexts.length > 0;
  if (!isQueued)
    await ledger.write(
      actor,
      enqueueSling({ bead: id, rig: rig.name, reason: "rework", enqueued_at: clock.now() }, bead.title),
    );
  out.document({ ok: true, bead: id, rig: rig.name, queued: !isQueued });
  out.done(isQueued ? `${id} is queued already` : `${id} is queued for ${rig.name}`);
  out.next("gt scheduler status");
}
