import { stoppedRigs } from "../../../agents/lifecycle/rig-admission.ts";
import { type ConvoyView, convoyViews } from "../../../core/convoys/convoy-view.ts";
import { GtError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import type { Output } from "../output.ts";
import { trackedLine } from "./convoy-status.ts";
import { wantsTui } from "./overview.ts";
import { showTui } from "./show-tui.ts";

/** `gt convoy list` (spec/05 §6.2). */
export async function run(context: CommandContext): Promise<number | undefined> {
  const { flags, out } = context;
  if (flags.boolean("interactive")) return showConvoys(context);
  const status = flags.string("status");
  const ledger = await context.ledger();
  const all = await convoyViews(ledger, {
    parkedRigs: await stoppedRigs(ledger, await context.town()),
    includeClosed: flags.boolean("all") || status === "closed",
  });
  const views = all
    .map((view, index) => ({ view, number: index + 1 }))
    .filter(({ view }) => status === undefined || view.status === status || view.state === status);
  out.document(
    views.map(({ view }) => ({
      id: view.id,
      title: view.title,
      status: view.status,
      state: view.state,
      created_at: new Date(view.createdAt).toISOString(),
      tracked: view.tracked.map((tracked) => tracked.id),
      completed: view.done,
      total: view.total,
    })),
  );
  if (views.length === 0) out.line("no convoys");
  for (const { view, number } of views) {
    out.line(listLine(out, view, number));
    if (flags.boolean("tree"))
      for (const tracked of view.tracked) out.line(`   ${trackedLine(out, tracked)}`);
  }
}

async function showConvoys(context: CommandContext): Promise<number> {
  if (!wantsTui(context))
    throw new GtError("E_NO_TTY", "the full-screen view needs a terminal", { hint: "gt convoy list" });
  return showTui(context, { view: "convoy" });
}

function listLine(out: Output, view: ConvoyView, number: number): string {
  const mark = view.state === "closed" ? "🏁" : "🚚";
  const owned = view.owned ? " [owned]" : "";
  const state = view.state === "working" || view.state === "feeding" ? "" : ` ${view.state}`;
  return `${number}. ${mark} ${view.id}: ${sanitiseLine(view.title)} ${out.style.accent("●")} ${view.done}/${view.total}${owned}${state}`;
}
