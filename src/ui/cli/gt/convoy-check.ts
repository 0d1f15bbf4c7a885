import { tellOfConvoys } from "../../../agents/mail/tell-of-convoys.ts";
import { convoyViews, viewsOf } from "../../../core/convoys/convoy-view.ts";
import { findConvoy } from "../../../core/convoys/find-convoy.ts";
import { checkConvoys } from "../../../core/convoys/landing.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt convoy check` and `gt convoy refresh` (spec/05 §6.2, §6.5). */
export async function run(context: CommandContext): Promise<void> {
  const { args, flags, out } = context;
  const access = await context.access();
  const { ledger, actor, clock } = access;
  const convoy = args[0] === undefined ? undefined : await findConvoy(ledger, args[0]);
  const views = convoy === undefined ? await convoyViews(ledger) : await viewsOf(ledger, [convoy]);
  if (flags.boolean("dry-run")) {
    const complete = views.filter((view) => view.state === "complete" && !view.owned);
    for (const view of complete) out.line(`would land ${view.id} "${sanitiseLine(view.title)}"`);
    out.document({ ok: true, would_land: complete.map((view) => view.id) });
    return;
  }
  const landed = await checkConvoys(
    ledger,
    actor,
    clock.now(),
    convoy === undefined ? {} : { convoy: convoy.id },
  );
  await tellOfConvoys(access);
  for (const each of landed) out.line(`🏁 landed ${each.id} "${sanitiseLine(each.title)}"`);
  if (context.words.at(-1) !== "refresh" || convoy === undefined) {
    if (landed.length === 0) out.line("No convoys ready to close.");
    out.document({ ok: true, landed: landed.map((each) => each.id) });
    return;
  }
  const { feedConvoy } = await import("../../../agents/lifecycle/feed-convoy.ts");
  const { fed, failed } = await feedConvoy(access, convoy);
  for (const dispatch of fed) out.line(`🎯 ${dispatch.bead} -> ${dispatch.agent}`);
  for (const { bead, error } of failed) out.failed(`${bead}: ${sanitiseLine(error.message)} (${error.code})`);
  if (landed.length === 0 && fed.length === 0 && failed.length === 0) out.line("nothing to do");
  out.document({
    ok: failed.length === 0,
    landed: landed.map((each) => each.id),
    fed: fed.map((dispatch) => dispatch.bead),
    failed: failed.map(({ bead, error }) => ({ bead, code: error.code, message: error.message })),
  });
}
