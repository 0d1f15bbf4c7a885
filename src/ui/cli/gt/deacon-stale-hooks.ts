import { findStaleHooks, openStaleHook } from "../../../agents/patrols/stale-hooks.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { durationSetting } from "../../../core/town/setting.ts";
import type { CommandContext } from "../command.ts";

/** `gt deacon stale-hooks` (spec/04 §10.1). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const access = await context.access();
  const maxAgeMs =
    flags.duration("max-age") ?? durationSetting(access.town.settings(), "operational.deacon.stale_hook");
  const found = await findStaleHooks(access, maxAgeMs);
  const isDry = flags.boolean("dry-run");
  for (const each of found) {
    const opens = each.stale.kind === "open";
    if (opens && !isDry) await openStaleHook(access, each);
    const what = !opens ? "kept" : isDry ? "would be open again" : "open again";
    out.line(`${each.bead.id} ${what}: ${sanitiseLine(each.stale.reason)}`);
  }
  if (found.length === 0) out.done("no hook is stale");
  out.document(
    found.map(({ bead, stale }) => ({
      bead: bead.id,
      assignee: bead.assignee,
      action: stale.kind,
      reason: stale.reason,
      applied: stale.kind === "open" && !isDry,
    })),
  );
}
