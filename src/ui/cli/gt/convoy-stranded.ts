import { convoyViews } from "../../../core/convoys/convoy-view.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt convoy stranded` (spec/05 §6.6): stuck, waiting for work that nobody does, or empty. */
export async function run({ out, ...context }: CommandContext): Promise<void> {
  const views = (await convoyViews(await context.ledger())).filter((view) =>
    ["stuck", "empty", "feeding"].includes(view.state),
  );
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
