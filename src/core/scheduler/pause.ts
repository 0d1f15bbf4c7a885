import type { Ledger } from "../ledger/ledger.ts";
import type { Operation } from "../ledger/operation.ts";

/** The town-wide wish that nothing queued be started (spec/05 §9.5), kept in the ledger. */
export interface SchedulerPause {
  readonly paused: boolean;
  readonly by: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly reason: string;
}

const table = "scheduler";
const key = "pause";

export async function readPause(ledger: Ledger): Promise<SchedulerPause | undefined> {
  const row = await ledger.row<SchedulerPause>(table, key);
  return row?.value.paused === true ? row.value : undefined;
}

export function pauseScheduler(pause: Omit<SchedulerPause, "paused">): readonly Operation[] {
  return [
    { op: "putRow", table, key, value: { ...pause, paused: true } },
    { op: "event", event: { type: "scheduler_paused", payload: { reason: pause.reason } } },
  ];
}

export function resumeScheduler(): readonly Operation[] {
  return [
    { op: "deleteRow", table, key },
    { op: "event", event: { type: "scheduler_resumed" } },
  ];
}
