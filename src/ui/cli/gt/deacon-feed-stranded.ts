import { lastDone, noteDone } from "../../../agents/daemon/duties/last-done.ts";
import { feedConvoy } from "../../../agents/lifecycle/feed-convoy.ts";
import { stoppedRigs } from "../../../agents/lifecycle/rig-admission.ts";
import { convoyViews } from "../../../core/convoys/convoy-view.ts";
import { formatTime } from "../../../core/clock.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { durationSetting, numberSetting } from "../../../core/town/setting.ts";
import type { CommandContext } from "../command.ts";

const choreOf = (convoy: string): string => `feed-stranded/${convoy}`;

/** `gt deacon feed-stranded` and `feed-stranded-state` (spec/04 §10.1): what the convoy duty does by itself, once and now. */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const access = await context.access();
  const { ledger, town, clock, actor } = access;
  const now = clock.now();
  const settings = town.settings();
  const most = flags.integer("max-feeds") ?? numberSetting(settings, "operational.deacon.feed_max");
  const cooldownMs =
    flags.duration("cooldown") ?? durationSetting(settings, "operational.deacon.feed_cooldown");
  const stranded = (await convoyViews(ledger, { now, parkedRigs: await stoppedRigs(ledger, town) })).filter(
    (view) => view.tracked.some((each) => each.state === "ready"),
  );
  const rows = [];
  let left = most;
  const isState = context.words.at(-1) === "feed-stranded-state";
  for (const { id, title } of stranded) {
    const fedAt = (await lastDone(ledger, choreOf(id)))?.at;
    const isCooling = fedAt !== undefined && now - fedAt < cooldownMs;
    if (isState || isCooling || left <= 0) {
      rows.push({ convoy: id, fed_at: fedAt === undefined ? null : formatTime(fedAt), fed: [], failed: [] });
      out.line(`○ ${id} ${sanitiseLine(title)}${isCooling ? ": fed within the cooldown" : ""}`);
      continue;
    }
    left--;
    await noteDone(ledger, actor, choreOf(id), { at: now });
    const convoy = await ledger.get(id);
    if (convoy === undefined) continue;
    const { fed, failed } = await feedConvoy(access, convoy);
    rows.push({
      convoy: id,
      fed_at: formatTime(now),
      fed: fed.map((dispatch) => dispatch.bead),
      failed: failed.map(({ bead, error }) => ({ bead, code: error.code, message: error.message })),
    });
    for (const dispatch of fed) out.line(`🎯 ${dispatch.bead} -> ${dispatch.agent}`);
    for (const { bead, error } of failed)
      out.failed(`${bead}: ${sanitiseLine(error.message)} (${error.code})`);
  }
  if (stranded.length === 0) out.line("no convoy is stranded");
  out.document(rows);
}
