import { reescalateStale } from "../../../agents/mail/reescalate-stale.ts";
import { readEscalationSettings } from "../../../core/escalation/escalation-settings.ts";
import { severityIcons } from "../../../core/escalation/escalation.ts";
import { formatSpan } from "../../../core/duration.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt escalate stale` (spec/06 §8.5). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const access = await context.access();
  const isDry = flags.boolean("dry-run");
  const rows = await reescalateStale(access, isDry ? "look" : "act");
  out.document(
    rows.map((row) => ({
      id: row.escalation.id,
      title: row.escalation.title,
      old_severity: row.escalation.severity,
      new_severity: row.severity,
      reescalation_num: row.number,
      skipped: row.skipped !== undefined,
      skip_reason: row.skipped ?? "",
    })),
  );
  const bumped = rows.filter((row) => row.skipped === undefined);
  if (bumped.length === 0) {
    const { staleAfterMs } = readEscalationSettings(access.town);
    out.line(`No stale escalations (threshold: ${formatSpan(staleAfterMs)})`);
  } else {
    const what = `${bumped.length} stale escalation${bumped.length === 1 ? "" : "s"}`;
    out.line(`🔄 ${isDry ? "Would re-escalate" : "Re-escalated"} ${what}:`);
  }
  for (const { escalation, severity, number, skipped, warnings } of rows) {
    const title = sanitiseLine(escalation.title);
    if (skipped !== undefined) {
      if (isDry) out.line(`  [SKIP] ${escalation.id} ${title}: ${skipped}`);
      continue;
    }
    out.line(
      `  ${severityIcons[severity]} ${escalation.id}: ${escalation.severity} -> ${severity} (re-escalation ${number})`,
    );
    for (const warning of warnings) out.warn(warning);
  }
  const skipped = rows.length - bumped.length;
  if (skipped > 0 && bumped.length > 0) out.line(`(${skipped} skipped - at max level)`);
}
