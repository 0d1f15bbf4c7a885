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
 * dead for two looks in a row. One that was stopped leaves no pid file and stays stopped. A look costs two small reads.
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
    const isGone = identity !== undefined && !isSameProcess(identity.pid, identity.startedAt);
    missed = isGone ? missed + 1 : 0;
    if (missed < 2 || isStarting) return;
    if (readDesired(town).state === "down" || isLocked(town.paths.locks, "shutdown")) return;
    if (isLocked(town.paths.locks, daemonLock) || whyGivenUp(town) !== undefined) return;
    isStarting = true;
    log(`the daemon (pid ${identity?.pid}) is gone; starting another one`);
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
