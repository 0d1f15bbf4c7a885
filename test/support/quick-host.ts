import { HostServer, type HostTimes } from "../../src/agents/sessions/host-server.ts";
import { SessionLog } from "../../src/agents/sessions/session-log.ts";
import { verifyLimits } from "../../src/agents/sessions/verify-limits.ts";
import { type Clock, systemClock } from "../../src/core/clock.ts";
import { openTownLedger } from "../../src/core/ledger/town-ledger.ts";
import type { Town } from "../../src/core/town/town.ts";

/** The town's host in this process, with shorter times than the real one; whoever starts it closes it. */
export function startQuickHost(
  town: Town,
  times: Partial<HostTimes> = {},
  clock: Clock = systemClock,
): Promise<HostServer> {
  const log = new SessionLog(town.paths);
  return HostServer.start({
    paths: town.paths,
    clock,
    times: { gracefulMs: 500, terminateMs: 1000, limitConfirmMs: 500, ...times },
    log: () => {},
    openLedger: () => openTownLedger(town),
    verifyStart: () => verifyLimits(town),
    onEvent: (event) => log.note(event),
  });
}
