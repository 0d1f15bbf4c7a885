import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { formatTime, systemClock } from "../../core/clock.ts";
import { recordEvents } from "../../core/events/event-log.ts";
import { GtError } from "../../core/gt-error.ts";
import { openTownLedger } from "../../core/ledger/town-ledger.ts";
import { openTown } from "../../core/town/open-town.ts";
import { townPaths } from "../../core/town/paths.ts";
import { durationSetting } from "../../core/town/setting.ts";
import { version } from "../../core/version.ts";
import type { Town } from "../../core/town/town.ts";
import { keepDaemon } from "../daemon/keep-daemon.ts";
import { forgetHeartbeat } from "./heartbeat-mark.ts";
import { HostServer } from "./host-server.ts";
import { SessionLog } from "./session-log.ts";
import { verifyLimits } from "./verify-limits.ts";
import { watchForVanishedTown } from "./vanished-town.ts";

const usualGracefulMs = 3000;

/** The session host process: `node host.js <town>`. Its output goes to `logs/host.log`. */
async function main(root: string): Promise<number> {
  const log = (line: string): void => {
    process.stderr.write(`${new Date().toISOString()} host[${process.pid}] ${line}\n`);
  };
  // Every agent of the town lives in this process: it says what went wrong and goes on.
  process.on("uncaughtException", (error) => log(`unexpected: ${error.stack ?? error.message}`));
  process.on("unhandledRejection", (reason) => log(`unexpected: ${String(reason)}`));
  process.on("SIGHUP", () => {});
  let server: HostServer;
  try {
    const town = openTown(root);
    const { paths } = town;
    const sessionLog = new SessionLog(paths);
    server = await HostServer.start({
      paths,
      clock: systemClock,
      times: {
        get gracefulMs() {
          return gracefulStopMs(town);
        },
        terminateMs: 3000,
      },
      log,
      openLedger: () => openTownLedger(town),
      verifyStart: () => verifyLimits(town),
      onEvent: (event) => {
        sessionLog.note(event);
        if (event.type === "exited") forgetHeartbeat(root, event.record.session);
      },
    });
    keepDaemon(town, log);
    watchForVanishedTown(town.root, () => {
      log("the town is gone; ending");
      void server.close({ force: true });
    });
  } catch (error) {
    // Two commands started a host at once; the other one serves both.
    if (error instanceof GtError && error.code === "E_BUSY") return 0;
    log(`cannot start: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    return 1;
  }
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.on(signal, () => void server.close({ force: false }));
  log("ready");
  record(root, "host_started");
  await server.closed;
  log("ended");
  // A town that is gone is not made again for the sake of a line.
  if (existsSync(root)) record(root, "host_stopped");
  return 0;
}

function record(root: string, type: "host_started" | "host_stopped"): void {
  const head = { ts: formatTime(systemClock.now()), source: "host", type, actor: "host" };
  recordEvents(townPaths(root).events, [
    { ...head, payload: { pid: process.pid, version }, visibility: "audit" },
  ]);
}

/** Read when a session is stopped: the host outlives changes of the settings, and a file that cannot be read. */
function gracefulStopMs(town: Town): number {
  try {
    return durationSetting(town.settings(), "operational.session.graceful_stop");
  } catch {
    return usualGracefulMs;
  }
}

process.exit(await main(resolve(process.argv[2] ?? ".")));
