import { planRedispatch, redispatchesOf, redispatchLimits } from "../../../agents/patrols/redispatch.ts";
import { formatTime } from "../../../core/clock.ts";
import { formatSpan } from "../../../core/duration.ts";
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
  const limits = redispatchLimits(town.settings());
  const max = flags.integer("max-attempts") ?? limits.max;
  const cooldownMs = flags.duration("cooldown") ?? limits.cooldownMs;
  const now = clock.now();
  const before = redispatchesOf(bead);
  const plan = planRedispatch(before, now, { max, cooldownMs });
  if (plan.kind === "spent")
    throw new GtError("E_REDISPATCH_LIMIT", `${id} came back ${before.count} times already`, {
      why: [`it is tried ${max} times at most (operational.deacon.redispatch_max, --max-attempts)`],
      hint: `gt sling respawn-reset ${id}`,
    });
  if (plan.from > now) {
    out.document({ ok: true, bead: id, rig: rig.name, queued: false, not_before: formatTime(plan.from) });
    out.line(`${id} was queued lately; again in ${formatSpan(plan.from - now)} (--cooldown)`);
    return;
  }
  const isQueued = (await openContexts(ledger, id)).contexts.length > 0;
  if (!isQueued)
    await ledger.write(actor, [
      ...enqueueSling({ bead: id, rig: rig.name, reason: "rework", enqueued_at: now }, bead.title),
      {
        op: "update",
        id,
        fields: { metadata: { recovery: { redispatches: before.count + 1, last_redispatch_at: now } } },
      },
    ]);
  out.document({ ok: true, bead: id, rig: rig.name, queued: !isQueued, not_before: null });
  out.done(isQueued ? `${id} is queued already` : `${id} is queued for ${rig.name}`);
  out.next("gt scheduler status");
}
