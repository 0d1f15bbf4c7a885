import type { BeadId, Time } from "../ledger/bead.ts";
import type { Ledger, RuntimeRow } from "../ledger/ledger.ts";
import type { Operation } from "../ledger/operation.ts";

const table = "merge_runs";

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

function runKey(rig: string, id: string): string {
  return `${rig}/${id}`;
}

export function putRun(run: RunRecord): Operation {
  return { op: "putRow", table: table, key: runKey(run.rig, run.id), value: run };
}

export function forgetRun(run: RunRecord): Operation {
  return { op: "deleteRow", table, key: runKey(run.rig, run.id) };
}

/** Runs of a rig, newest first. */
export async function runsOf(ledger: Ledger, rig: string): Promise<readonly RunRecord[]> {
  const rows = await ledger.rows<RunRecord>(table, { prefix: `${rig}/` });
  return rows.map((row) => row.value).toSorted((one, other) => other.startedAt - one.startedAt);
}

export async function findRun(ledger: Ledger, rig: string, id: string): Promise<RunRecord | undefined> {
  const row: RuntimeRow<RunRecord> | undefined = await ledger.row<RunRecord>(table, runKey(rig, id));
  return row?.value;
}
