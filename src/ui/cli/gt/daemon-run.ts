import { Daemon } from "../../../agents/daemon/daemon.ts";
import { openDaemonLog } from "../../../agents/daemon/daemon-log.ts";
import { logFile } from "../../../agents/daemon/daemon-state.ts";
import type { CommandContext } from "../command.ts";

/** `gt daemon run`: the daemon in the foreground, until a signal. */
export async function run(context: CommandContext): Promise<void> {
  const town = await context.town();
  const signal = context.untilSignal();
  const daemon = await Daemon.start(town, openDaemonLog(logFile(town), { echo: process.stderr }));
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await daemon.stop();
}
