import { GtError } from "../../core/gt-error.ts";
import { parseAddress } from "../../core/town/address.ts";
import type { Draft } from "../../core/mail/compose.ts";
import { asData } from "../../core/mail/mail-reminder.ts";
import { nudge } from "../sessions/nudge.ts";
import type { TownAccess } from "../town-access.ts";

export interface MailNotice extends Pick<Draft, "from" | "subject" | "priority"> {
  readonly recipients: readonly string[];
  /** Told instead of the usual line, e.g. for an escalation. */
  readonly text?: string;
}

/**
 * Tells recipients with a live session that mail is there, when they are idle (spec/06 §2.5). It never fails: whoever
 * is not told finds the mail at the next check. Returns what went wrong.
 */
export async function notifyRecipients(access: TownAccess, notice: MailNotice): Promise<readonly string[]> {
  const warnings: string[] = [];
  const text =
    notice.text ?? `📬 Mail from ${asData(notice.from)}: ${asData(notice.subject)}. Run: gt mail inbox`;
  const isUrgent = (notice.priority ?? 2) <= 1;
  for (const address of notice.recipients) {
    if (address === notice.from || parseAddress(address)?.role === "overseer") continue;
    try {
      await nudge(access, {
        ...{ to: address, from: notice.from, text, mode: "wait-idle" },
        priority: isUrgent ? "urgent" : "normal",
        force: notice.priority === 0,
      });
    } catch (error) {
      if (error instanceof GtError && isNobodyThere(error)) continue;
      warnings.push(`${address} was not told: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return warnings;
}

/** No session, no host, or everything is stopped: the mail waits for the next start. */
function isNobodyThere(error: GtError): boolean {
  return ["E_SESSION_NOT_FOUND", "E_HOST_DOWN", "E_ESTOP"].includes(error.code);
}
