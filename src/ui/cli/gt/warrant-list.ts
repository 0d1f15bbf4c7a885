import { warrants } from "../../../agents/patrols/warrants.ts";
import { formatTime } from "../../../core/clock.ts";
import { formatAgo } from "../../../core/duration.ts";
import type { Warrant } from "../../../core/health/warrant.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt warrant list` (spec/04 §10.5). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const { ledger, clock } = await context.access();
  const found = await warrants(ledger, { all: flags.boolean("all") });
  out.document(found.map(warrantDocument));
  for (const warrant of found)
    out.line(
      `${warrant.id}  ${warrant.target.padEnd(24)} ${stateOf(warrant).padEnd(10)} ${formatAgo(clock.now() - warrant.filedAt)}  ${sanitiseLine(warrant.reason)}`,
    );
  if (found.length === 0) out.line("no warrant is pending");
}

const stateOf = ({ result, attempt }: Warrant): string =>
  result ?? (attempt === 0 ? "pending" : `asked ${attempt}/3`);

/** As machines see it. */
export function warrantDocument(warrant: Warrant): object {
  const { id, target, reason, filedBy, filedAt, attempt, result, endedAt } = warrant;
  return {
    ...{ id, target, reason, filed_by: filedBy, filed_at: formatTime(filedAt) },
    state: result === undefined ? "pending" : "ended",
    attempt,
    executed: result === "executed",
    executed_at: result === "executed" && endedAt !== undefined ? formatTime(endedAt) : null,
    result: result ?? null,
  };
}
