import { leftOf } from "../../../agents/daemon/duties/orphans.ts";
import { readRecords } from "../../../agents/sessions/session-records.ts";
import { endProcessTree } from "../../../agents/sessions/process-tree.ts";
import type { CommandContext } from "../command.ts";

const graceMs = 5000;

/** `gt deacon cleanup-orphans`, `gt cleanup` (spec/04 §8.3 D14): only what carries the mark of a session that ended. */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const town = await context.town();
  const left = readRecords(town.paths.sessions)
    .filter((record) => record.phase === "exited")
    .map((record) => ({ record, processes: leftOf(record) }))
    .filter(({ processes }) => processes.length > 0);
  const isDry = flags.boolean("dry-run");
  for (const { record, processes } of left)
    out.line(`${record.session}: ${processes.map((each) => each.pid).join(", ")}`);
  const count = left.reduce((sum, { processes }) => sum + processes.length, 0);
  const mustEnd =
    count > 0 &&
    !isDry &&
    (flags.boolean("force") || (await context.confirm({ text: `End ${count} processes?`, flag: "--force" })));
  if (mustEnd)
    for (const { record } of left)
      await endProcessTree({ pid: record.pid, startedAt: record.pidStartedAt, runId: record.runId }, graceMs);
  if (count === 0) out.done("no session has left processes behind");
  else if (mustEnd) out.done(`${count} processes ended`);
  out.document({
    ok: true,
    applied: mustEnd,
    sessions: left.map(({ record, processes }) => ({
      session: record.session,
      pids: processes.map((each) => each.pid),
    })),
  });
}
