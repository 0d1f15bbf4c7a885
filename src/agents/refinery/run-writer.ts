import { hostname } from "node:os";
import type { ActorAddress, Time } from "../../core/ledger/bead.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { putRun, type RunRecord } from "../../core/merge/run-record.ts";
import { processStartTime } from "../sessions/process-identity.ts";

export function newRun(
  fields: Pick<RunRecord, "id" | "rig" | "target" | "base" | "ids" | "strategy">,
  now: Time,
): RunRecord {
  return {
    ...fields,
    state: "forming",
    items: [],
    expect: fields.base,
    pushedUpTo: 0,
    probes: [],
    owner: { pid: process.pid, started: processStartTime(process.pid) ?? "", host: hostname() },
    heartbeat: now,
    startedAt: now,
    landed: [],
    ejected: [],
    gateRuns: 0,
    because: "",
  };
}

/**
 * Writes a run's record after each step. Writes are queued, so that gates which run at the same time do not overwrite
 * each other's news.
 */
export class RunWriter {
  readonly #ledger: Ledger;
  readonly #actor: ActorAddress;
  #run: RunRecord;
  #last: Promise<unknown> = Promise.resolve();

  constructor(ledger: Ledger, actor: ActorAddress, run: RunRecord) {
    this.#ledger = ledger;
    this.#actor = actor;
    this.#run = run;
  }

  get run(): RunRecord {
    return this.#run;
  }

  /** Changes the record and writes it in one batch with the other operations. */
  update(change: (run: RunRecord) => RunRecord, operations: readonly Operation[] = []): Promise<void> {
    const written = this.#last.then(async () => {
      const next = change(this.#run);
      await this.#ledger.write(this.#actor, [...operations, ...putRun(next)]);
      this.#run = next;
    });
    this.#last = written.catch(() => {});
    return written;
  }
}
