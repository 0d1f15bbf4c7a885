import { endOrphans, orphansOf } from "../../../agents/daemon/orphans.ts";
import { sessionsInScope } from "../../../agents/daemon/end-sessions.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { plural } from "./mail-text.ts";
import type { CommandContext } from "../command.ts";

const graceMs = 5000;

/**
 * `gt cleanup`, `gt orphans procs [list|kill]`, `gt deacon cleanup-orphans` (spec/04 §8.3 D14): only what carries the mark
 * of a session of this town that is gone.
 */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags, words } = context;
  const access = await context.access();
  const { ending: living } = await sessionsInScope(access, "all");
  const orphans = orphansOf(access.town, { living: new Set(living.map((record) => record.runId)) });
  for (const { session, processes } of orphans)
    out.line(`${sanitiseLine(session)}: ${processes.map((each) => each.pid).join(", ")}`);
  const count = orphans.reduce((sum, { processes }) => sum + processes.length, 0);
  const isLooking = flags.boolean("dry-run") || (words.includes("procs") && words.at(-1) !== "kill");
  const mustEnd =
    count > 0 &&
    !isLooking &&
    (flags.boolean("force") ||
      (await context.confirm({
        text: count === 1 ? "End this process?" : `End these ${count} processes?`,
        flag: "--force",
      })));
  if (mustEnd) await endOrphans(orphans, graceMs);
  if (count === 0) out.done("no session has left processes behind");
  else if (mustEnd) out.done(`ended: ${plural(count, "orphan")}`);
  else if (isLooking) out.next("gt orphans procs kill");
  out.document({
    ok: true,
    applied: mustEnd,
    sessions: orphans.map(({ session, processes }) => ({
      session,
      pids: processes.map((each) => each.pid),
    })),
  });
}
