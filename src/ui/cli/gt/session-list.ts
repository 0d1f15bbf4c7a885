import { hostSnapshot } from "../../../agents/patrols/agent-health.ts";
import { formatTime } from "../../../core/clock.ts";
import { formatSpan } from "../../../core/duration.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt session list` (spec/03 §5.11). */
export async function run(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const access = await context.access();
  const rig = flags.string("rig");
  if (rig !== undefined) access.town.rig(rig);
  const records = [...(await hostSnapshot(access)).sessions.values()]
    .filter((record) => record.phase !== "exited" && (rig === undefined || record.rig === rig))
    .sort((one, other) => one.session.localeCompare(other.session));
  out.document(
    records.map((record) => ({
      session: record.session,
      actor: record.actor,
      rig: record.rig,
      agent: record.agent,
      phase: record.phase,
      bead: record.bead ?? null,
      started_at: formatTime(record.startedAt),
    })),
  );
  if (records.length === 0) out.line("No sessions are running.");
  const now = access.clock.now();
  for (const record of records) {
    const age = formatSpan(now - record.startedAt);
    out.line(
      `${record.session.padEnd(20)} ${record.phase.padEnd(8)} ${age.padEnd(6)} ${sanitiseLine(record.agent).padEnd(10)} ${record.bead ?? ""}`.trimEnd(),
    );
  }
}
