import type { FormulaType, GateType, StepSource, StepType, VariableType } from "./formula.ts";

/**
 * A cooked formula: flat, ordered, checked (spec/02 §5.8). The keys are those of the JSON document, so that a proto can be
 * stored and read back as it is.
 */
export interface Proto {
  readonly proto: string;
  readonly schema: 1;
  /** `runtime`: values are filled in and conditions decided. `compile`: placeholders stay. */
  readonly mode: "compile" | "runtime";
  readonly version: number;
  readonly type: FormulaType;
  readonly source: ProtoSource;
  /** Title of the molecule's root: the formula's name, or the value of its variable `title`. */
  readonly title: string;
  readonly description: string;
  readonly pour: boolean;
  readonly phase: "liquid" | "vapor" | null;
  readonly wisp_type?: string;
  readonly agent?: string;
  readonly review_only?: boolean;
  readonly dispatch_formula?: string;
  readonly fresh_session?: boolean;
  readonly squash?: { readonly trigger: "on_complete" | "manual"; readonly include_metrics: boolean };
  readonly vars: Readonly<Record<string, ProtoVariable>>;
  /** In cooked order; `index` is the one-based place. */
  readonly steps: readonly ProtoStep[];
  readonly waves: readonly (readonly string[])[];
  readonly critical_path: readonly string[];
  readonly bond_points: readonly ProtoBondPoint[];
  /** It cannot be a root-only molecule: something in it waits for a bead (spec/02 §7.3). */
  readonly needs_beads: boolean;
  readonly warnings: readonly string[];
}

export interface ProtoSource {
  readonly tier: string;
  readonly path: string;
  /** Of the formula's own text. */
  readonly sha256: string;
  /** The formula and what it extends. */
  readonly chain: readonly string[];
}

export interface ProtoVariable {
  readonly description?: string;
  readonly required?: boolean;
  readonly default?: string;
  readonly enum?: readonly string[];
  readonly pattern?: string;
  readonly type?: VariableType | "number";
  /** Runtime mode only. */
  readonly value?: string;
}

export interface ProtoStep {
  readonly index: number;
  readonly id: string;
  readonly title: string;
  readonly description: string;
  /** Ids of steps that must be closed first. A container counts as closed when all its children are. */
  readonly needs: readonly string[];
  /** 0 without needs, else one more than the latest of them. */
  readonly wave: number;
  readonly type: StepType;
  readonly priority: number;
  readonly labels: readonly string[];
  /** Id of the step that the author wrote and this one came from. */
  readonly origin: string;
  readonly source: StepSource;
  /** Container that it is a child of. */
  readonly parent?: string;
  readonly acceptance?: string;
  readonly notes?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly assignee?: string;
  /** Compile mode only: it is left out unless all of them hold. */
  readonly conditions?: readonly string[];
  readonly waits_for?: ProtoWaitsFor;
  readonly gate?: ProtoGate;
  readonly on_complete?: ProtoOnComplete;
  readonly loop?: ProtoLoop;
  readonly interactive?: boolean;
  readonly agent?: string;
  readonly model?: string;
  readonly tier?: string;
  readonly run?: string;
  readonly shell?: "bash" | "sh" | "node" | "python3";
  readonly env?: Readonly<Record<string, string>>;
  readonly timeout?: string;
  readonly retry?: { readonly max: number; readonly delay: string };
  readonly on_fail?: "stop" | "continue" | "agent";
  readonly once?: boolean;
  /** An overlay changed its text (spec/02 §6.4). */
  readonly overlay?: true;
}

export interface ProtoWaitsFor {
  readonly gate: "all-children" | "any-children";
  /** Id of the step whose child beads are waited for. */
  readonly spawner: string;
}

export interface ProtoGate {
  /** `condition`: `await_id` is an expression of spec/02 §8.4. */
  readonly type: GateType | "condition";
  readonly await_id?: string;
  readonly timeout?: string;
  readonly description?: string;
}

export interface ProtoOnComplete {
  readonly for_each: string;
  readonly bond: string;
  readonly vars: Readonly<Record<string, string>>;
  readonly sequential?: true;
}

/** On the last steps of an `until` loop's first round (spec/02 §8.6). */
export interface ProtoLoop {
  readonly loop: string;
  readonly until: string;
  readonly max: number;
  readonly iter: number;
}

export interface ProtoBondPoint {
  readonly id: string;
  readonly description?: string;
  readonly after_step?: string;
  readonly before_step?: string;
  readonly parallel?: true;
}

/** The proto as text: sorted keys, so that equal protos are equal byte for byte. */
export function protoText(proto: Proto): string {
  return `${JSON.stringify(sorted(proto), null, 1)}\n`;
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, part]) => [key, sorted(part)]),
  );
}
