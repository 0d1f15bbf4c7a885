import { Daemon } from "../../../agents/daemon/daemon.ts";
import { openDaemonLog } from "../../../agents/daemon/daemon-log.ts";
import { lastWordsFile } from "../../../agents/daemon/daemon-restarts.ts";
import { logFile } from "../../../agents/daemon/daemon-state.ts";
import { watchForHang } from "../../../agents/daemon/hang-watch.ts";
import { openTown } from "../../../core/town/open-town.ts";
import type { CommandContext } from "../command.ts";

/** `gt daemon run`: the daemon in the foreground, until a signal. */
export async function run(context: CommandContext): Promise<void> {
  const { root } = await context.town();
  const town = openTown(root, { env: context.env, keepLastGood: (why) => log.warn(why) });
  const signal = context.untilSignal();
  const watch = watchForHang({ lastWords: lastWordsFile(town) });
  const log = openDaemonLog(logFile(town), { echo: process.stderr });
  const daemon = await Daemon.start(town, log, { tellActive: (keys) => watch.note(keys.join(", ")) });
  process.on("SIGUSR1", () => daemon.readMail());
  // In a terminal it means that this is gone, and a daemon in the foreground goes with it.
  if (!process.stdin.isTTY) {
    process.removeAllListeners("SIGHUP");
    process.on("SIGHUP", () => daemon.reload());
  }
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  await daemon.stop();
}
