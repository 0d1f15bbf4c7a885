import type { BeadId, Time } from "../ledger/bead.ts";
import type { Ledger } from "../ledger/ledger.ts";
import type { Operation } from "../ledger/operation.ts";

/** A member of the stack: the tree and commit of everything up to it. */
export interface LandingCommit {
  readonly id: string;
  readonly head: string;
  readonly landing: string;
  readonly tree: string;
  /** `already`: its commits were in an earlier member; `empty`: it changes nothing that is not there. */
  readonly kind: "commit" | "already" | "empty";
}

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

export function isOver(run: RunRecord): boolean {
  return run.state === "done" || run.state === "aborted";
}

/**
 * Live runs lie apart from those that are over: whoever looks for abandoned runs, after every change of the ledger, does
 * not read the history.
 */
const liveTable = "merge_runs_live";
const pastTable = "merge_runs";

export function putRun(run: RunRecord): readonly Operation[] {
  const key = `${run.rig}/${run.id}`;
  return isOver(run)
    ? [
        { op: "deleteRow", table: liveTable, key },
        { op: "putRow", table: pastTable, key, value: run },
      ]
    : [{ op: "putRow", table: liveTable, key, value: run }];
}

export function forgetRun(run: RunRecord): Operation {
  return { op: "deleteRow", table: pastTable, key: `${run.rig}/${run.id}` };
}

/** Runs that are under way or were abandoned, oldest first. */
export async function liveRuns(ledger: Ledger, rig: string): Promise<readonly RunRecord[]> {
  const rows = await ledger.rows<RunRecord>(liveTable, { prefix: `${rig}/` });
  return rows.map((row) => row.value).toSorted((one, other) => one.startedAt - other.startedAt);
}

/** All runs of a rig, newest first. */
export async function runsOf(ledger: Ledger, rig: string): Promise<readonly RunRecord[]> {
  const rows = await ledger.rows<RunRecord>(pastTable, { prefix: `${rig}/` });
  return [...(await liveRuns(ledger, rig)), ...rows.map((row) => row.value)].toSorted(
    (one, other) => other.startedAt - one.startedAt,
  );
}

export async function findRun(ledger: Ledger, rig: string, id: string): Promise<RunRecord | undefined> {
  const key = `${rig}/${id}`;
  const row = (await ledger.row<RunRecord>(liveTable, key)) ?? (await ledger.row<RunRecord>(pastTable, key));
  return row?.value;
}
