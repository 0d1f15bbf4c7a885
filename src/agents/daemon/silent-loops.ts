import { type Sleep, sleptSince } from "../../core/health/machine-sleep.ts";
import type { DutyStatus } from "./duty-runner.ts";

/** So many times its interval a loop may be silent (spec/04 §1.6, §10.1). */
const patience = 3;

export interface LoopClock {
  readonly now: number;
  /** Interval of the loops that only a heartbeat wakes, in milliseconds. */
  readonly heartbeatMs: number;
  /** Nobody comes round while the machine sleeps. */
  readonly sleeps: readonly Sleep[];
}

/** Whether something with this interval has not been heard of for too long. Pure. */
function isSilent(heardOfAt: number, allowedMs: number, { now, sleeps }: LoopClock): boolean {
  return now - heardOfAt - sleptSince(sleeps, heardOfAt, now) > allowedMs;
}

/** Duties that have not come round for three times their interval; one at work may take as long as it is allowed. Pure. */
export function silentLoops(duties: readonly DutyStatus[], clock: LoopClock): readonly DutyStatus[] {
  return duties.filter(({ isRunning, intervalMs, timeoutMs, lastStartedAt, lastEndedAt }) => {
    const heardOfAt = isRunning ? lastStartedAt : lastEndedAt;
    // One that was only just added has not begun yet.
    if (heardOfAt === undefined) return false;
    const silentMs = patience * (intervalMs ?? clock.heartbeatMs);
    return isSilent(heardOfAt, isRunning ? Math.max(silentMs, timeoutMs) : silentMs, clock);
  });
}

/** Whether the daemon itself, which writes down each of its heartbeats, is silent. Pure. */
export function isDaemonSilent(heartbeatAt: number, clock: LoopClock): boolean {
  return isSilent(heartbeatAt, patience * clock.heartbeatMs, clock);
}
