import { stoppedRigs } from "../../../agents/lifecycle/rig-admission.ts";
import { type ConvoyView, convoyViews } from "../../../core/convoys/convoy-view.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** New convoys are left to be filled, and to be slung by hand. */
const emptyAfterMs = 5 * 60_000;
const fedAfterMs = 2 * 60_000;

/** `gt convoy stranded` (spec/05 §6.6): stuck, empty for a while, or with ready work that nobody has been given. */
export async function run({ out, ...context }: CommandContext): Promise<void> {
  const ledger = await context.ledger();
  const now = Date.now();
  const all = await convoyViews(ledger, {
    now,
    parkedRigs: await stoppedRigs(ledger, await context.town()),
  });
  const views = all.filter((view) => isStranded(view, now));
  out.document(
    views.map((view) => {
      const ready = view.tracked.filter((tracked) => tracked.state === "ready").map((tracked) => tracked.id);
      return {
        id: view.id,
        title: view.title,
        state: view.state,
        tracked_count: view.total,
        ready_count: ready.length,
        ready_issues: ready,
        reasons: view.reasons,
        created_at: new Date(view.createdAt).toISOString(),
        base_branch: view.fields.base_branch ?? null,
      };
    }),
  );
  if (views.length === 0) out.line("no stranded convoys");
  for (const view of views) {
    out.line(`${view.id} ${sanitiseLine(view.title)}: ${view.state}`);
    for (const reason of view.reasons) out.line(`  ${sanitiseLine(reason)}`);
  }
}

function isStranded(view: ConvoyView, now: number): boolean {
  switch (view.state) {
    case "stuck":
      return true;
    case "empty":
      return now - view.createdAt > emptyAfterMs;
    case "feeding":
      return view.tracked.some(
        (tracked) => tracked.state === "ready" && now - tracked.updatedAt > fedAfterMs,
      );
    default:
      return false;
  }
}
