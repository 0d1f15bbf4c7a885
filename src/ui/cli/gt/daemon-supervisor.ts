import { daemonStatus, startDaemon, stopDaemon } from "../../../agents/daemon/daemon-control.ts";
import { writeDesired } from "../../../agents/daemon/desired-state.ts";
import { disableSupervisor, enableSupervisor } from "../../../agents/daemon/supervisor.ts";
import type { CommandContext } from "../command.ts";

/** `gt daemon enable-supervisor` and `disable-supervisor` (spec/04 §7.2). */
export async function run(context: CommandContext): Promise<void> {
  const { out, env } = context;
  const town = await context.town();
  if (context.words.at(-1) === "disable-supervisor") {
    const before = daemonStatus(town);
    const wasEnabled = await disableSupervisor(town, env);
    // launchd ends what it lets go of.
    if (before.isRunning && !daemonStatus(town).isRunning) await startDaemon(town, env);
    out.document({ ok: true, enabled: false, changed: wasEnabled });
    out.line(wasEnabled ? "the daemon is not supervised any more" : "the daemon was not supervised");
    return;
  }
  await writeDesired(town, "up", await context.actor());
  const wasRunning = await stopDaemon(town);
  try {
    const unit = await enableSupervisor(town, env);
    out.document({ ok: true, enabled: true, unit: unit.name, file: unit.file });
    out.done(`the system starts the daemon at login and when it dies (${unit.file})`);
    out.note("API keys that are only set in this shell do not reach agents that it starts");
  } catch (error) {
    if (wasRunning) await startDaemon(town, env);
    throw error;
  }
}
