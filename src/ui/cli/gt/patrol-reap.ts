import { reaperPace } from "../../../agents/daemon/duties/ledger.ts";
import { GtError } from "../../../core/gt-error.ts";
import { SqliteLedger } from "../../../core/ledger/store/sqlite-ledger.ts";
import { reapWisps } from "../../../core/ledger/upkeep/reap-wisps.ts";
import type { CommandContext } from "../command.ts";

/** `gt patrol scan --reaper` (spec/04 §10.4): what the reaper of the daemon does at its next run; with -n only said. */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const { ledger, town, actor } = await context.access();
  if (!(ledger instanceof SqliteLedger))
    throw new GtError("E_LEDGER", "this ledger keeps itself: there is nothing to reap", {
      hint: "gt doctor",
    });
  const isDry = flags.boolean("dry-run");
  const { ttlMs } = reaperPace(town);
  const { deleted, promoted } = await reapWisps(ledger, {
    actor,
    dryRun: isDry,
    ...(ttlMs === undefined ? {} : { ttl: { default: ttlMs } }),
  });
  for (const id of deleted) out.line(`${id}: ${isDry ? "would be deleted" : "deleted"}`);
  for (const id of promoted) out.line(`${id}: ${isDry ? "would be kept for good" : "kept for good"}`);
  if (deleted.length + promoted.length === 0) out.line("no wisp's time is over");
  out.document({ deleted, promoted, dry_run: isDry });
}
