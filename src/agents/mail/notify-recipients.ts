import { GtError } from "../../core/gt-error.ts";
import type { Draft } from "../../core/mail/compose.ts";
import { asData } from "../../core/mail/mail-reminder.ts";
import { isPlayedByAgent } from "../../core/mail/role-message.ts";
import { parseAddress } from "../../core/town/address.ts";
import type { Town } from "../../core/town/town.ts";
import { nudge } from "../sessions/nudge.ts";
import type { TownAccess } from "../town-access.ts";

export interface MailNotice extends Pick<Draft, "from" | "subject" | "priority"> {
  readonly recipients: readonly string[];
  /** Told instead of the usual line, e.g. for an escalation. */
  readonly text?: string;
}

export interface Notified {
  /** Recipients in whose session it is typed, now or when they are idle. */
  readonly told: readonly string[];
  /** What went wrong; the mail is there all the same. */
  readonly warnings: readonly string[];
}

/**
 * Tells recipients with a live session that mail is there, when they are idle (spec/06 §2.5). It never fails: whoever
 * is not told finds the mail at the next check.
 */
export async function notifyRecipients(access: TownAccess, notice: MailNotice): Promise<Notified> {
  const told: string[] = [];
  const warnings: string[] = [];
  const text =
    notice.text ?? `📬 Mail from ${asData(notice.from)}: ${asData(notice.subject)}. Run: gt mail inbox`;
  const isUrgent = (notice.priority ?? 2) <= 1;
  for (const address of notice.recipients) {
    if (address === notice.from || !hasPrompt(access.town, address)) continue;
    try {
      const report = await nudge(access, {
        ...{ to: address, from: notice.from, text, mode: "wait-idle" },
        priority: isUrgent ? "urgent" : "normal",
        force: notice.priority === 0,
      });
      if (report.state !== "muted" && report.state !== "skipped") told.push(address);
    } catch (error) {
      if (error instanceof GtError && isNobodyThere(error)) continue;
      warnings.push(`${address} was not told: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { told, warnings };
}

/** The overseer's screen and the roles that run as code see the mail in the ledger. */
function hasPrompt(town: Town, address: string): boolean {
  const role = parseAddress(address)?.role;
  if (role === "overseer") return false;
  const isPatrol = role === "deacon" || role === "boot" || role === "witness" || role === "refinery";
  return !isPatrol || isPlayedByAgent(town, address);
}

/** No session, no host, or everything is stopped: the mail waits for the next start. */
function isNobodyThere(error: GtError): boolean {
  return ["E_SESSION_NOT_FOUND", "E_HOST_DOWN", "E_ESTOP"].includes(error.code);
}
