import { formatAge } from "../../../core/duration.ts";
import { isStale } from "../../../core/escalation/change-escalation.ts";
import { escalationDocument, severityIcons } from "../../../core/escalation/escalation.ts";
import { readEscalationSettings } from "../../../core/escalation/escalation-settings.ts";
import { allEscalations, openEscalations } from "../../../core/escalation/open-escalations.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { severityFlag, tierFlag } from "./escalate.ts";

/** `gt escalate list` (spec/06 §8.4). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const wishedSeverity = flags.string("severity");
  const severity = wishedSeverity === undefined ? undefined : severityFlag(wishedSeverity);
  const tier = tierFlag(flags.string("tier"));
  const ledger = await context.ledger();
  const settings = readEscalationSettings(await context.town());
  const now = Date.now();
  const found = (await (flags.boolean("all") ? allEscalations(ledger) : openEscalations(ledger))).filter(
    (each) =>
      (severity === undefined || each.severity === severity) &&
      (tier === undefined || each.tier === tier) &&
      (!flags.boolean("unacked") || each.state === "open") &&
      (!flags.boolean("stale") || isStale(each, settings, now)),
  );
  out.document(found.map(escalationDocument));
  if (found.length === 0) {
    out.line("No escalations found");
    return;
  }
  out.line(`Escalations (${found.length}):`);
  for (const each of found) {
    const age = formatAge(now - each.createdAt);
    out.line(`  ${severityIcons[each.severity]} ${each.id} [${each.state}] ${sanitiseLine(each.title)}`);
    out.line(
      `     Severity: ${each.severity} | Tier: ${each.tier} | From: ${sanitiseLine(each.escalatedBy)} | ${age === "just now" ? age : `${age} ago`}`,
    );
    if (each.ackedBy !== "") out.line(`     Acked by: ${sanitiseLine(each.ackedBy)}`);
  }
}
