import { escalationDocument, severityIcons } from "../../../core/escalation/escalation.ts";
import { findEscalation } from "../../../core/escalation/open-escalations.ts";
import { formatTime } from "../../../core/clock.ts";
import { sanitise, sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { localMinute } from "./mail-text.ts";

/** `gt escalate show` (spec/06 §8.4). */
export async function run(context: CommandContext): Promise<void> {
  const { args, out } = context;
  const ledger = await context.ledger();
  const escalation = await findEscalation(ledger, args[0] ?? "");
  const comments = await ledger.comments(escalation.id);
  out.document({
    ...escalationDocument(escalation),
    comments: comments.map(({ author, text, createdAt }) => ({
      author,
      text,
      created_at: formatTime(createdAt),
    })),
  });
  out.line(
    `${severityIcons[escalation.severity]} ${escalation.id} [${escalation.state}] ${sanitiseLine(escalation.title)}`,
  );
  const facts: readonly (readonly [string, string])[] = [
    ["Severity", escalation.severity],
    ["Tier", escalation.tier],
    ["Owner", escalation.owner],
    ["From", escalation.escalatedBy],
    ["Raised", localMinute(escalation.createdAt)],
    ["Source", escalation.source],
    ["Related", escalation.relatedBead],
    ["Seen", escalation.occurrences > 1 ? `${escalation.occurrences} times` : ""],
    ["Re-escalated", escalation.reescalationCount > 0 ? `${escalation.reescalationCount} times` : ""],
    ["Acked by", escalation.ackedBy],
    ["Closed by", escalation.closedBy],
    ["Closed", escalation.closedReason],
  ];
  for (const [name, value] of facts) if (value !== "") out.line(`  ${name}: ${sanitiseLine(value)}`);
  if (escalation.description !== "") {
    out.line();
    out.line(sanitise(escalation.description));
  }
  for (const { author, text, createdAt } of comments) {
    out.line();
    out.line(`${localMinute(createdAt)} ${sanitiseLine(author)}:`);
    for (const line of sanitise(text).split("\n")) out.line(`  ${line}`);
  }
}
