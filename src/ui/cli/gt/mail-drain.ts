import { leaving } from "../../../core/mail/change-mail.ts";
import { isRoutine } from "../../../core/mail/drain.ts";
import { inbox } from "../../../core/mail/mailbox.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import { plural } from "./mail-text.ts";
import { mailIdentity } from "./mailbox-owner.ts";

const initialAgeMs = 30 * 60_000;

/** `gt mail drain` (spec/06 §3.3). */
export async function run(context: CommandContext): Promise<void> {
  const { flags, out } = context;
  const maxAgeMs = flags.boolean("all") ? 0 : (flags.duration("max-age") ?? initialAgeMs);
  const address = await mailIdentity(context);
  const ledger = await context.ledger();
  const messages = await inbox(ledger, address);
  const now = Date.now();
  const drained = messages.filter((message) => isRoutine(message, now, maxAgeMs));
  const isDry = flags.boolean("dry-run");
  if (!isDry && drained.length > 0)
    await ledger.write(
      address,
      drained.flatMap((message) => leaving(message, "archived")),
    );
  out.document({
    address,
    drained: drained.map(({ id }) => id),
    remaining: messages.length - drained.length,
    dry_run: isDry,
  });
  if (isDry) {
    out.line(`Would drain ${plural(drained.length, "message")} from ${address}`);
    for (const { id, subject } of drained) out.line(`  ${id} ${sanitiseLine(subject)}`);
    return;
  }
  out.done(
    `Drained ${plural(drained.length, "message")} from ${address} (${messages.length - drained.length} remaining)`,
  );
}
