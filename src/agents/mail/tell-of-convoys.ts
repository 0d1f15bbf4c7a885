import { type ConvoyNews, convoyNewsTable } from "../../core/convoys/landing-notice.ts";
import { GtError } from "../../core/gt-error.ts";
import { asData } from "../../core/mail/mail-reminder.ts";
import { booleanSetting } from "../../core/town/setting.ts";
import type { TownAccess } from "../town-access.ts";
import { notifyRecipients } from "./notify-recipients.ts";

/**
 * Tells sessions of convoys that have ended (spec/05 §6.7): those that have mail, those that asked for a nudge, and the
 * mayor if the town wants that. Whoever takes the row tells it, so that nobody hears it twice.
 */
export async function tellOfConvoys(access: TownAccess): Promise<void> {
  const { ledger, actor, town } = access;
  for (const row of await ledger.rows<ConvoyNews>(convoyNewsTable)) {
    try {
      await ledger.write(actor, [
        { op: "expectRow", table: convoyNewsTable, key: row.key, rev: row.rev },
        { op: "deleteRow", table: convoyNewsTable, key: row.key },
      ]);
    } catch (error) {
      if (error instanceof GtError && error.code === "E_CONFLICT") continue;
      throw error;
    }
    const { title, mailed, nudge } = row.value;
    const isForMayor = booleanSetting(town.settings(), "convoy.notify_on_complete");
    const nudged = [...new Set([...nudge, ...(isForMayor ? ["mayor/"] : [])])];
    await notifyRecipients(access, {
      ...{ from: actor, subject: title },
      recipients: mailed.filter((address) => !nudged.includes(address)),
    });
    await notifyRecipients(access, {
      ...{ from: actor, subject: title, recipients: nudged },
      text: `${asData(title)} (${row.key}). Run: gt convoy show ${row.key}`,
    });
  }
}
