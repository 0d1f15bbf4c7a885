import { writeFileSync } from "node:fs";
import { basename } from "node:path";
import { systemClock } from "../../core/clock.ts";
import { GtError } from "../../core/gt-error.ts";
import { openTown } from "../../core/town/open-town.ts";
import { isLocked } from "../../core/lock/lock.ts";
import { Daemon } from "./daemon.ts";
import type { Town } from "../../core/town/town.ts";
import { daemonLock } from "./daemon-control.ts";
import { lastWordsFile, takeRestart, whyGivenUp } from "./daemon-restarts.ts";
import { tellDesktop } from "./desktop-notice.ts";
import { readDesired } from "./desired-state.ts";
import { watchForVanishedTown } from "../sessions/vanished-town.ts";
import { type DaemonLog, openDaemonLog } from "./daemon-log.ts";
import { logFile } from "./daemon-state.ts";
import { watchForHang } from "./hang-watch.ts";
import { programFile } from "./program-file.ts";

const exitWithinMs = 9000;

/**
 * The daemon's process: `daemon.js <town> [--supervised]`. The system starts a supervised one at login,
 * whatever the town wants, and again after any end but a good one.
 */
async function main(root: string, isSupervised: boolean): Promise<void> {
  const town = openTown(root, { keepLastGood: (why) => log.warn(why) });
  if (isSupervised && (readDesired(town).state === "down" || isLocked(town.paths.locks, daemonLock))) return;
  const log = openDaemonLog(logFile(town));
  if (!(await mayRun(town, log))) return;
  const watch = watchForHang({ lastWords: lastWordsFile(town) });
  let isEnding = false;
  const end = (why: string, code: 0 | 1, stop: () => Promise<void>): void => {
    if (isEnding) return;
    isEnding = true;
    log.info(why);
    // A duty that does not let go must not keep the town from going down.
    setTimeout(() => process.exit(code), exitWithinMs).unref();
    void stop().finally(() => process.exit(code));
  };
  const program = programFile(import.meta.filename);
  const daemon = await Daemon.start(town, log, {
    tellActive: (keys) => watch.note(keys.join(", ")),
    // No good end, so that a supervisor starts the new program as the session host would.
    onLook: (me) => {
      if (program.isReplaced()) end("the program was replaced: giving way to it", 1, () => me.giveWay());
    },
  }).catch((error: unknown) => {
    // Another one runs, or a file that a person wrote cannot be read: that is no failure of this program.
    const isOther = error instanceof GtError && ["E_DAEMON_RUNNING", "E_CONFIG"].includes(error.code);
    if (!isOther) writeFileSync(lastWordsFile(town), String(error));
    throw error;
  });
  // Nothing to finish and nowhere to write: stopping in order would only make the deleted directories anew.
  watchForVanishedTown(town.root, () => process.exit(0));
  const stop = (signal: string): void => end(`${signal}: stopping`, 0, () => daemon.stop());
  process.on("SIGTERM", () => stop("SIGTERM"));
  process.on("SIGINT", () => stop("SIGINT"));
  process.on("SIGHUP", () => daemon.reload());
  process.on("SIGUSR1", () => daemon.readMail());
  process.on("uncaughtException", (error) => {
    log.warn(`unexpected: ${error.stack ?? error.message}`);
  });
  process.on("unhandledRejection", (reason) => {
    log.warn(`unexpected: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}`);
  });
}

/** A daemon that failed too often is left to a person. */
async function mayRun(town: Town, log: DaemonLog): Promise<boolean> {
  if (isLocked(town.paths.locks, daemonLock) || (await takeRestart(town, systemClock.now()))) return true;
  log.warn(`${whyGivenUp(town)}; a person starts it: gt daemon start`);
  tellDesktop(
    `Gas Town: ${basename(town.root)}`,
    "The daemon keeps failing and is not started any more: gt daemon start",
  );
  return false;
}

const [root = "", ...flags] = process.argv.slice(2);
main(root, flags.includes("--supervised")).catch((error: unknown) => {
  const text =
    error instanceof GtError ? error.message : error instanceof Error ? error.stack : String(error);
  process.stderr.write(`error: ${text}\n`);
  if (error instanceof GtError && error.hint !== undefined) process.stderr.write(`hint: ${error.hint}\n`);
  process.exit(1);
});
