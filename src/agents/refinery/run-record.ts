import { hostname } from "node:os";
import type { ActorAddress, BeadId, Time } from "../../core/ledger/bead.ts";
import type { Ledger, RuntimeRow } from "../../core/ledger/ledger.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import { isSameProcess, processStartTime } from "../sessions/process-identity.ts";
import type { LandingCommit } from "./build-stack.ts";

export const runTable = "merge_runs";

/** One gate command of a run, for recovery, evidence and the views. */
export interface RunProbe {
  /** 0 = the base. */
  readonly prefix: number;
  readonly attempt: number;
  readonly gate: string;
  readonly tree: string;
  readonly log: string;
  readonly startedAt: Time;
  readonly pgid: number;
  /** Kernel start time of the group's leader. */
  readonly started: string;
  /** Absent while it runs. */
  readonly verdict?: "green" | "red" | "error" | "killed";
  readonly why?: string;
  readonly ms?: number;
  /** Last lines of a failed gate's output. */
  readonly tail?: readonly string[];
}

/** The durable record of one pass of the queue over one batch (spec/05 §2.11). */
export interface RunRecord {
  readonly id: string;
  readonly rig: string;
  readonly target: string;
  readonly state: "forming" | "stacked" | "gating" | "pushing" | "pushed" | "done" | "aborted";
  readonly strategy: "mr" | "pr";
  readonly base: string;
  readonly ids: readonly BeadId[];
  readonly items: readonly LandingCommit[];
  /** The target's commit that the next push expects. */
  readonly expect: string;
  readonly pushedUpTo: number;
  readonly probes: readonly RunProbe[];
  readonly owner: { readonly pid: number; readonly started: string; readonly host: string };
  readonly heartbeat: Time;
  readonly startedAt: Time;
  readonly endedAt?: Time;
  readonly landed: readonly BeadId[];
  readonly ejected: readonly BeadId[];
  readonly gateRuns: number;
  readonly because: string;
}

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

export function isOver(run: RunRecord): boolean {
  return run.state === "done" || run.state === "aborted";
}

export function runKey(rig: string, id: string): string {
  return `${rig}/${id}`;
}

export function putRun(run: RunRecord): Operation {
  return { op: "putRow", table: runTable, key: runKey(run.rig, run.id), value: run };
}

/** Runs of a rig, newest first. */
export async function runsOf(ledger: Ledger, rig: string): Promise<readonly RunRecord[]> {
  const rows = await ledger.rows<RunRecord>(runTable, { prefix: `${rig}/` });
  return rows.map((row) => row.value).toSorted((one, other) => other.startedAt - one.startedAt);
}

export async function findRun(ledger: Ledger, rig: string, id: string): Promise<RunRecord | undefined> {
  const row: RuntimeRow<RunRecord> | undefined = await ledger.row<RunRecord>(runTable, runKey(rig, id));
  return row?.value;
}

/** Whether the process that drives a run is alive; one on another machine cannot be asked and counts as dead. */
export function isDriven(run: RunRecord): boolean {
  return run.owner.host === hostname() && isSameProcess(run.owner.pid, run.owner.started);
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
      await this.#ledger.write(this.#actor, [...operations, putRun(next)]);
      this.#run = next;
    });
    this.#last = written.catch(() => {});
    return written;
  }
}
