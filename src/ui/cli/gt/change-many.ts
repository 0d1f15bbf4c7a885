import { GtError } from "../../../core/gt-error.ts";
import { findMessage } from "../../../core/mail/mailbox.ts";
import type { Message } from "../../../core/mail/message.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { Ledger } from "../../../core/ledger/ledger.ts";
import type { Operation } from "../../../core/ledger/operation.ts";
import type { CommandContext } from "../command.ts";
import { expectOwner } from "./mailbox-owner.ts";

export interface ManyChange {
  readonly identity: string;
  readonly references: readonly string[];
  readonly change: (message: Message) => readonly Operation[];
}

export interface ManyReport {
  readonly ids: readonly string[];
  readonly errors: readonly string[];
}

/** Changes each message by itself: one that cannot be changed does not keep the others from it (spec/06 §3.3). */
export async function changeMany(
  context: CommandContext,
  { identity, references, change }: ManyChange,
): Promise<ManyReport> {
  const ledger = await context.ledger();
  const { found, errors } = await findMany(ledger, references, identity);
  for (const message of found) await ledger.write(identity, change(message));
  return { ids: found.map(({ id }) => id), errors };
}

/** All are looked up before the first is changed: the numbers of an inbox move with its changes. */
export async function findMany(
  ledger: Ledger,
  references: readonly string[],
  identity: string,
): Promise<{ readonly found: readonly Message[]; readonly errors: readonly string[] }> {
  const errors: string[] = [];
  const found: Message[] = [];
  for (const reference of references) {
    try {
      const message = await findMessage(ledger, reference, identity);
      expectOwner(message, identity);
      if (!found.some(({ id }) => id === message.id)) found.push(message);
    } catch (error) {
      if (!(error instanceof GtError)) throw error;
      errors.push(sanitiseLine(error.message));
    }
  }
  return { found, errors };
}

/** Tells what was done and what was not; the exit code. */
export function reportMany(
  { out }: CommandContext,
  report: ManyReport,
  texts: { readonly one: string; readonly verb: string; readonly suffix?: string },
): number {
  const { ids, errors } = report;
  const suffix = texts.suffix ?? "";
  out.document({ ids, errors });
  if (errors.length === 0) {
    out.done(ids.length === 1 ? texts.one : `${texts.verb} ${ids.length} messages${suffix}`);
    return 0;
  }
  const total = ids.length + errors.length;
  if (total > 1) out.caution(`${texts.verb} ${ids.length}/${total} messages${suffix}`);
  for (const error of errors) out.error(`${total > 1 ? "Error" : "error"}: ${error}`);
  return 1;
}
