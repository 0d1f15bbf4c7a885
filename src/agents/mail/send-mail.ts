import { type Composed, compose, type Draft } from "../../core/mail/compose.ts";
import type { TownAccess } from "../town-access.ts";
import { notifyRecipients } from "./notify-recipients.ts";

export interface MailReport {
  readonly ids: readonly string[];
  readonly thread: string;
  readonly recipients: readonly string[];
  /** Why somebody was not told at once; the mail is there all the same. */
  readonly warnings: readonly string[];
}

/** Stores all copies of a message in one batch, then tells those who are there (spec/06 §2.4). */
export async function sendMail(
  access: TownAccess,
  draft: Draft,
  notify: "notify" | "quietly" = "notify",
): Promise<MailReport> {
  const composed: Composed = compose(draft, access.random);
  const { named } = await access.ledger.write(draft.from, composed.operations);
  const ids = composed.names.map((name) => named[name] ?? "");
  const warnings =
    notify === "quietly"
      ? []
      : (await notifyRecipients(access, { ...draft, recipients: composed.recipients })).warnings;
  return { ids, thread: composed.thread, recipients: composed.recipients, warnings };
}
