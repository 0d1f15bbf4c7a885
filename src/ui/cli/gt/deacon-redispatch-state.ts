import { formatTime } from "../../../core/clock.ts";
import { formatSpan } from "../../../core/duration.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { openContexts } from "../../../core/scheduler/sling-context.ts";
import type { CommandContext } from "../command.ts";

/** `gt deacon redispatch-state` (spec/04 §9.3): beads that came back and wait for their next attempt, and those given up. */
export async function run(context: CommandContext): Promise<void> {
  const { out } = context;
  const ledger = await context.ledger();
  const now = Date.now();
  const waiting = (await openContexts(ledger)).contexts.filter((each) => each.reason !== "sling");
  const blocked = await ledger.find({ labels: ["gt:spawn-blocked"], notStatus: "closed" });
  out.document({
    waiting: waiting.map((each) => ({
      bead: each.bead,
      rig: each.rig,
      reason: each.reason,
      failures: each.dispatch_failures ?? 0,
      last_failure: each.last_failure ?? null,
      not_before: each.not_before === undefined ? null : formatTime(each.not_before),
    })),
    blocked: blocked.map((bead) => bead.id),
  });
  for (const {
    bead,
    rig,
    reason,
    dispatch_failures: failures = 0,
    last_failure: why,
    not_before,
  } of waiting) {
    const when = not_before === undefined || not_before <= now ? "due" : `in ${formatSpan(not_before - now)}`;
    const trouble = failures === 0 ? "" : `, failed ${failures} times: ${sanitiseLine(why ?? "")}`;
    out.line(`⏳ ${bead} for ${rig} (${reason}) ${when}${trouble}`);
  }
  for (const { id, title } of blocked)
    out.line(`🛑 ${id} ${sanitiseLine(title)}: gt sling respawn-reset ${id}`);
  if (waiting.length + blocked.length === 0) out.line("nothing came back");
}
