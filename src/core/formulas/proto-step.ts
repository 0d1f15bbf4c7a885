import type { Draft } from "./draft.ts";
import type { Step } from "./formula.ts";
import { mapGate, mapValues } from "./map-texts.ts";
import type { ProtoStep, ProtoWaitsFor } from "./proto.ts";
import { defined } from "./read-steps.ts";
import { substitute, substituteLabel, substituteScript, substituteTitle, type LookUp } from "./substitute.ts";
import type { FormulaValues } from "./variable-values.ts";

export interface StepPlace {
  readonly index: number;
  readonly wave: number;
  readonly exitsOf: (id: string) => readonly string[] | undefined;
  /** Ids of all steps that are left. */
  readonly ids: ReadonlySet<string>;
  /** Absent: placeholders stay. */
  readonly values?: FormulaValues;
  readonly molecule?: { readonly id: string; readonly isPoured: boolean };
}

/** A composed step as it stands in the proto. What says nothing is left out (spec/02 §5.8). */
export function protoStep(draft: Draft, place: StepPlace): ProtoStep {
  const fill = filler(draft, place);
  const { gate, script, onComplete } = draft;
  return {
    index: place.index,
    id: draft.id,
    title: fill.title(draft.title),
    description: fill.text(draft.description),
    needs: draft.needs,
    wave: place.wave,
    type: draft.type ?? "task",
    priority: draft.priority ?? 2,
    labels: draft.labels.map(fill.label),
    origin: draft.origin,
    source: draft.source,
    ...defined({
      parent: draft.parent,
      acceptance: optional(draft.acceptance, fill.text),
      notes: optional(draft.notes, fill.text),
      metadata: draft.metadata,
      assignee: optional(draft.assignee, fill.text),
      conditions: place.values === undefined && draft.conditions.length > 0 ? draft.conditions : undefined,
      waits_for: waitsFor(draft, place),
      gate: gate === undefined ? undefined : protoGate(gate, fill.text),
      on_complete:
        onComplete === undefined
          ? undefined
          : {
              for_each: onComplete.forEach,
              bond: onComplete.bond,
              vars: mapValues(onComplete.vars, fill.text),
              ...(onComplete.sequential ? { sequential: true as const } : {}),
            },
      loop: draft.loopEnd,
      interactive: draft.interactive || undefined,
      agent: draft.agent,
      model: draft.model,
      tier: draft.tier,
      overlay: draft.overlay,
    }),
    ...(script === undefined ? {} : protoScript(script, fill)),
  };
}

interface Filler {
  readonly text: (text: string) => string;
  readonly title: (text: string) => string;
  readonly label: (text: string) => string;
  readonly script: (text: string) => string;
}

const asItIs = (text: string): string => text;

function filler(draft: Draft, { values, molecule, index }: StepPlace): Filler {
  if (values === undefined) return { text: asItIs, title: asItIs, label: asItIs, script: asItIs };
  const stepId =
    molecule === undefined
      ? undefined
      : molecule.isPoured
        ? `${molecule.id}.${index}`
        : `${molecule.id}:${draft.id}`;
  const lookUp: LookUp = (name) => (name === "step_id" ? stepId : values.lookUp(name));
  const { isCommand } = values;
  return {
    text: (text) => substitute(text, lookUp),
    title: (text) => substituteTitle(text, lookUp),
    label: (text) => substituteLabel(text, lookUp),
    script: (text) => substituteScript(text, lookUp, { shell: draft.script?.shell ?? "bash", isCommand }),
  };
}

const optional = (text: string | undefined, fill: (text: string) => string): string | undefined =>
  text === undefined ? undefined : fill(text);

function protoGate(
  gate: NonNullable<Step["gate"]>,
  fill: (text: string) => string,
): NonNullable<ProtoStep["gate"]> {
  const { type, awaitId, timeout, description } = mapGate(gate, fill);
  return { type, ...defined({ await_id: awaitId, timeout, description }) };
}

function protoScript(script: NonNullable<Step["script"]>, fill: Filler): Partial<ProtoStep> {
  const { shell, env, timeout, retry, onFail, once } = script;
  return {
    run: fill.script(script.run),
    ...defined({
      shell: shell === "bash" ? undefined : shell,
      env: env === undefined ? undefined : mapValues(env, fill.text),
      timeout,
      retry: retry?.max === 0 ? undefined : retry,
      on_fail: onFail === "stop" ? undefined : onFail,
      once: once || undefined,
    }),
  };
}

/** The step whose children are waited for: named, or the first need; the last of a unit. */
function waitsFor({ waitsFor: wish, needs }: Draft, { exitsOf, ids }: StepPlace): ProtoWaitsFor | undefined {
  if (wish === undefined) return undefined;
  const named = wish.spawner ?? needs[0];
  if (named === undefined) return undefined;
  const spawner = ids.has(named) ? named : exitsOf(named)?.findLast((id) => ids.has(id));
  return spawner === undefined ? undefined : { gate: wish.gate, spawner };
}
