import { usageError } from "../../../core/gt-error.ts";
import { reapWisps } from "../../../core/ledger/upkeep/reap-wisps.ts";
import type { CommandContext } from "../command.ts";
import { openWorkspace } from "./workspace.ts";

const hour = 3600 * 1000;

/**
 * `bd mol wisp gc`: abandoned wisps, with `--all` everything whose time is over, with `--closed` what is closed
 * (spec/01 §5.5, spec/02 §13.3).
 */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const { ledger, actor } = await openWorkspace(context);
  const isClosed = flags.boolean("closed");
  if (isClosed && flags.boolean("all")) throw usageError("--closed and --all cannot be used together");
  const isUnforced = isClosed && !flags.boolean("force");
  const isPreview = isUnforced || flags.boolean("dry-run") || flags.boolean("readonly");
  const report = await reapWisps(ledger, {
    actor,
    dryRun: isPreview,
    excludeTypes: flags.strings("exclude-type"),
    ...(isClosed ? { closedOnly: true } : {}),
    ...(flags.boolean("all") || isClosed ? {} : { abandonedForMs: flags.duration("age") ?? hour }),
  });
  const { deleted, promoted } = report;
  out.document({
    cleaned_ids: isPreview ? [] : deleted,
    cleaned_count: isPreview ? 0 : deleted.length,
    candidates: deleted.length,
    promoted_ids: promoted,
    dry_run: isPreview,
  });
  out.done(`${isPreview ? "Would delete" : "Deleted"} ${deleted.length} wisp(s)`);
  if (promoted.length > 0) out.line(`  ${isPreview ? "would promote" : "promoted"}: ${promoted.join(", ")}`);
  if (isUnforced && deleted.length > 0) out.line("  bd mol wisp gc --closed --force deletes them");
}
