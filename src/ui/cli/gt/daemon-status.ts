import { daemonStatus } from "../../../agents/daemon/daemon-control.ts";
import { readDesired } from "../../../agents/daemon/desired-state.ts";
import { formatAge, formatAgo, formatSpan } from "../../../core/duration.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";

/** `gt daemon status` (spec/04 §7.2). */
export async function run(context: CommandContext): Promise<number> {
  const town = await context.town();
  const status = daemonStatus(town);
  const desired = readDesired(town);
  const now = Date.now();
  context.out.document({
    running: status.isRunning,
    desired: desired.state,
    pid: status.pid ?? null,
    version: status.version ?? null,
    started_at: status.startedAt ?? null,
    last_heartbeat: status.lastHeartbeat ?? null,
    heartbeat_count: status.heartbeats ?? 0,
    outdated: status.isOutdated,
    duties: status.duties,
  });
  const { out } = context;
  if (!status.isRunning) {
    out.line(`daemon is not running (the town is wanted ${desired.state})`);
    if (desired.state === "up") out.note("hint: gt daemon start");
    return 0;
  }
  const uptime =
    status.startedAt === undefined ? "" : `, up ${formatSpan(now - Date.parse(status.startedAt))}`;
  out.line(`daemon is running (pid ${status.pid ?? "unknown"}${uptime})`);
  if (status.lastHeartbeat !== undefined)
    out.line(`heartbeat ${status.heartbeats}, ${formatAgo(now - Date.parse(status.lastHeartbeat))}`);
  for (const duty of status.duties) {
    const age = duty.lastEndedAt === undefined ? "never" : formatAge(now - duty.lastEndedAt);
    const state = duty.isRunning ? "running" : age;
    const trouble = duty.lastError === undefined ? "" : `  ${sanitiseLine(duty.lastError)}`;
    out.line(`  ${duty.key.padEnd(24)} ${String(duty.runs).padStart(5)} runs  ${state}${trouble}`);
  }
  if (status.isOutdated)
    out.warn("the installed program is newer than the running daemon: gt daemon stop && gt up");
  return 0;
}
