import { forwarding } from "../../core/escalation/change-escalation.ts";
import { addressOfTier, type Escalation, priorityOf, type Tier } from "../../core/escalation/escalation.ts";
import type { TownAccess } from "../town-access.ts";
import { escalationText } from "./escalate.ts";
import { notifyRecipients } from "./notify-recipients.ts";

export interface ForwardRequest {
  readonly to: Tier;
  readonly why: string | undefined;
  /** Told instead of the tier's own address. */
  readonly address?: string;
}

export interface Forwarded {
  readonly recipient: string;
  readonly warnings: readonly string[];
}

/** Gives the next move to another tier in the caller's name, and tells it once for each severity (spec/06 §8.2). */
export async function forwardEscalation(
  access: TownAccess,
  escalation: Escalation,
  { to, why, address }: ForwardRequest,
): Promise<Forwarded> {
  const { ledger, actor } = access;
  const { id, severity, title } = escalation;
  const mails = await ledger.find({
    type: "message",
    labels: [`escalation:${id}`, `severity:${severity}`],
  });
  const mailedBefore = mails.map(({ assignee }) => assignee);
  await ledger.write(
    actor,
    forwarding(access, escalation, {
      ...{ to, by: actor, why, mailedBefore },
      ...(address === undefined ? {} : { address }),
    }),
  );
  const recipient = address ?? addressOfTier(to);
  const { warnings } = await notifyRecipients(access, {
    ...{ from: actor, subject: title, recipients: [recipient] },
    priority: priorityOf(severity),
    text: escalationText({ id, severity, title, by: actor }),
  });
  return { recipient, warnings };
}
