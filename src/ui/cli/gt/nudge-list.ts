import { findTarget } from "../../../agents/sessions/find-target.ts";
import { allNudges } from "../../../agents/sessions/nudge-queue.ts";
import { formatAge } from "../../../core/duration.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt nudge list [target]` (spec/03 §7.1). */
export async function run(context: CommandContext): Promise<void> {
  const { args, out } = context;
  const access = await context.access();
  const [text] = args;
  const target = text === undefined ? undefined : await findTarget(text, { ...access, cwd: context.cwd });
  const nudges = await allNudges(access.ledger, target?.session);
  out.document(
    nudges.map(({ id, to, session, sender, message, priority, createdAt, failed, claim }) => ({
      ...{ id, target: to, session, from: sender, message, priority },
      created_at: new Date(createdAt).toISOString(),
      state: failed === undefined ? (claim === undefined ? "queued" : "typed") : "failed",
    })),
  );
  if (nudges.length === 0) {
    out.line("No nudges waiting.");
    return;
  }
  const now = access.clock.now();
  out.table(
    ["ID", "TO", "FROM", "AGE", "STATE", "MESSAGE"],
    nudges.map((nudge) => [
      nudge.id,
      nudge.to,
      sanitiseLine(nudge.sender),
      formatAge(now - nudge.createdAt),
      nudge.failed === undefined ? nudge.priority : `failed: ${nudge.failed}`,
      sanitiseLine(nudge.message).slice(0, 60),
    ]),
  );
}
