import { parseDuration } from "../../core/duration.ts";
import { moleculeRecord, type RunState, stepRecord } from "../../core/formulas/molecule-record.ts";
import type { ProtoStep } from "../../core/formulas/proto.ts";
import type { MoleculeStep } from "../../core/formulas/step-states.ts";
import type { Bead } from "../../core/ledger/bead.ts";
import type { Ledger } from "../../core/ledger/ledger.ts";
import type { Operation } from "../../core/ledger/operation.ts";
import type { ScriptShell } from "./run-script.ts";

/** How a step's script is run (spec/02 §9.1). */
export interface StepScript {
  readonly text: string;
  readonly shell: ScriptShell;
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  /** How often it is tried again, and after how long. */
  readonly retries: number;
  readonly delayMs: number;
  readonly onFail: "stop" | "continue" | "agent";
  /** It must not be begun a second time. */
  readonly isOnce: boolean;
  /** The run that was noted last. */
  readonly state: RunState | undefined;
}

const defaultTimeoutMs = 30 * 60_000;
const defaultDelayMs = 5000;

/** Whether any step of the molecule is a script. */
export async function hasScripts(ledger: Ledger, root: Bead): Promise<boolean> {
  const record = moleculeRecord(root);
  if (record?.mode === "root-only") return record.proto?.some(({ run }) => run !== undefined) === true;
  return (await ledger.count({ under: root.id, hasMetadata: "run" })) > 0;
}

type ScriptFields = Pick<ProtoStep, "shell" | "env" | "timeout" | "retry" | "on_fail" | "once">;

/** The script of a step, with what was noted of its runs; undefined for a step that needs somebody. */
export async function stepScript(
  ledger: Ledger,
  root: Bead,
  { id, step, run }: MoleculeStep,
): Promise<StepScript | undefined> {
  if (run === undefined) return undefined;
  const record = moleculeRecord(root);
  if (record?.mode === "root-only") {
    const fields = record.proto?.find((each) => each.id === step) ?? {};
    return scriptOf(run, fields, record.progress?.[step]?.run);
  }
  const bead = await ledger.get(id);
  const options = bead?.metadata["run_options"];
  const timeout = bead?.metadata["timeout"];
  return scriptOf(
    run,
    {
      ...(typeof options === "object" && options !== null ? (options as ScriptFields) : {}),
      ...(typeof timeout === "string" ? { timeout } : {}),
    },
    bead === undefined ? undefined : stepRecord(bead)?.run_state,
  );
}

function scriptOf(text: string, fields: ScriptFields, state: RunState | undefined): StepScript {
  const { shell = "bash", env = {}, timeout, retry, on_fail: onFail = "stop", once = false } = fields;
  return {
    ...{ text, shell, env, onFail, state, isOnce: once },
    timeoutMs: parseDuration(timeout ?? "") ?? defaultTimeoutMs,
    retries: retry?.max ?? 0,
    delayMs: parseDuration(retry?.delay ?? "") ?? defaultDelayMs,
  };
}

/** Notes a run at its step, before it begins. */
export function notingRun(root: Bead, { id, step }: MoleculeStep, state: RunState): Operation {
  return moleculeRecord(root)?.mode === "root-only"
    ? { op: "update", id: root.id, fields: { metadata: { mol: { progress: { [step]: { run: state } } } } } }
    : { op: "update", id, fields: { metadata: { step: { run_state: state } } } };
}
