import type { SessionRecord } from "./session-host.ts";

/** With what the session's program has ended, as a shell says it: 128 and the number for a signal. Undefined for one that runs. */
export function exitCodeOf({
  exitCode,
  exitSignal,
}: Pick<SessionRecord, "exitCode" | "exitSignal">): number | undefined {
  return exitSignal === undefined || exitSignal === 0 ? exitCode : 128 + exitSignal;
}
