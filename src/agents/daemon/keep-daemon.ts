import { isLocked } from "../../core/lock/lock.ts";
import type { Town } from "../../core/town/town.ts";
import { isSameProcess } from "../sessions/process-identity.ts";
import { daemonLock, restartDaemon } from "./daemon-control.ts";
import { whyGivenUp } from "./daemon-restarts.ts";
import { readIdentity } from "./daemon-state.ts";
import { readDesired } from "./desired-state.ts";

const lookEveryMs = 5000;

/**
 * The session host's side of the mutual watch (spec/04 §7.1): starts the daemon of a town that is up when it has been
 * dead for two looks in a row. One that was stopped leaves no pid file and stays stopped, unless the `gt down` that
 * stopped it was killed before it had ended this host, too: a daemon then goes on with it. A look costs two small reads.
 */
export function keepDaemon(
  town: Town,
  log: (line: string) => void,
  options: { readonly lookEveryMs?: number; readonly start?: () => Promise<unknown> } = {},
): { close(): void } {
  const start = options.start ?? (() => restartDaemon(town));
  let missed = 0;
  let isStarting = false;
  const look = async (): Promise<void> => {
    const identity = readIdentity(town);
    const isAlive = identity !== undefined && isSameProcess(identity.pid, identity.startedAt);
    const { state, ending } = readDesired(town);
    const isWanted = ending !== undefined || (state === "up" && identity !== undefined);
    missed = isWanted && !isAlive ? missed + 1 : 0;
    if (missed < 2 || isStarting || isLocked(town.paths.locks, "shutdown")) return;
    if (isLocked(town.paths.locks, daemonLock) || whyGivenUp(town) !== undefined) return;
    isStarting = true;
    log(
      ending === undefined
        ? "the daemon is gone; starting another one"
        : "gt down was killed; going on with it",
    );
    await start().finally(() => {
      isStarting = false;
      missed = 0;
    });
  };
  const timer = setInterval(() => {
    look().catch((error: unknown) => log(`watching the daemon: ${String(error)}`));
  }, options.lookEveryMs ?? lookEveryMs);
  timer.unref();
  return { close: () => clearInterval(timer) };
}
