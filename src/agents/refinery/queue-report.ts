/** What one call of the queue did. */
export interface QueueReport {
  readonly merged: readonly string[];
  /** Culprits that were set aside. */
  readonly ejected: readonly string[];
  readonly conflicts: readonly string[];
  readonly quarantined: readonly string[];
  readonly runs: number;
  readonly gateRuns: number;
  /** Open requests that may still run. */
  readonly waiting: number;
  /** When to look again even if nothing happens; milliseconds since the epoch. */
  readonly wakeAt?: number;
}

/** Counts what a call of the queue does. */
export class QueueTally {
  readonly merged: string[] = [];
  readonly ejected: string[] = [];
  readonly conflicts: string[] = [];
  readonly quarantined: string[] = [];
  runs = 0;
  gateRuns = 0;

  report(waiting: number, wakeAt: number | undefined): QueueReport {
    const { merged, ejected, conflicts, quarantined, runs, gateRuns } = this;
    return {
      ...{ merged, ejected, conflicts, quarantined, runs, gateRuns, waiting },
      ...(wakeAt === undefined ? {} : { wakeAt }),
    };
  }
}
