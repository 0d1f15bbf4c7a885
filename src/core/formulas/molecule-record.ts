import type { ActorAddress, Bead, BeadId } from "../ledger/bead.ts";
import type { ProtoStep } from "./proto.ts";

/** A script's run, as the step knows of it: whether whoever ran it still lives says what became of it (spec/02 §9.3). */
export interface RunState {
  readonly attempt: number;
  /** Runners that died over it. */
  readonly crashes: number;
  /** 0 when it was ended in good order. */
  readonly pid: number;
  readonly pid_started_at: string;
  readonly started_at: string;
}

/** How far a step of a root-only molecule is; a step without a mark was not begun. */
export interface StepMark {
  /** `blocked`: failed, and what needs it waits for a person. */
  readonly s: "done" | "failed" | "skipped" | "in_progress" | "blocked";
  /** RFC 3339. */
  readonly at: string;
  readonly by: ActorAddress;
  readonly reason?: string;
  readonly output?: unknown;
  readonly run?: RunState;
}

/** What the root of a molecule knows of it (`metadata.mol`, spec/02 §7.2). */
export interface MoleculeRecord {
  readonly formula: string;
  readonly version: number;
  readonly tier: string;
  readonly sha256: string;
  readonly mode: "root-only" | "poured";
  readonly phase: "liquid" | "vapor";
  readonly vars: Readonly<Record<string, string>>;
  /** Only a report is expected of it, no commits. */
  readonly review_only?: boolean;
  /** Each step is worked on in a session of its own. */
  readonly fresh_session?: boolean;
  readonly overlay: { readonly path: string; readonly sha256: string } | null;
  /** Bead on which the molecule guides the work. */
  readonly base: BeadId | null;
  /** Root-only: the steps as they were cooked. */
  readonly proto?: readonly ProtoStep[];
  readonly progress?: Readonly<Record<string, StepMark>>;
}

/** The record of a molecule's root; undefined for other beads. */
export function moleculeRecord(bead: Bead): MoleculeRecord | undefined {
  const own = bead.metadata["mol"];
  return isObject(own) && typeof own["formula"] === "string" ? (own as unknown as MoleculeRecord) : undefined;
}

/** What a poured step's bead knows of itself (`metadata.step`). */
export interface StepRecord {
  readonly id: string;
  readonly index: number;
  readonly wave?: number;
  readonly origin?: string;
  readonly interactive?: boolean;
  readonly agent?: string;
  readonly tier?: string;
  /** It holds other steps and closes by itself. */
  readonly container?: boolean;
  readonly run_state?: RunState;
}

export function stepRecord(bead: Bead): StepRecord | undefined {
  const own = bead.metadata["step"];
  return isObject(own) && typeof own["id"] === "string" && typeof own["index"] === "number"
    ? (own as unknown as StepRecord)
    : undefined;
}

/**
 * Whether the bead only guides the work on another one: a step, or the molecule of a hooked bead. Being held by an agent,
 * it is not what is on the agent's hook. A step that was dispatched by itself is work like any other.
 */
export function isGuide(bead: Bead): boolean {
  if (bead.metadata["attachment"] !== undefined || bead.status === "hooked") return false;
  return stepRecord(bead) !== undefined || (moleculeRecord(bead)?.base ?? null) !== null;
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
