import type { Composed } from "./composition.ts";
import type { Draft } from "./draft.ts";
import { emptyComposition, type Formula, type Gate, type Variable, type WaitsFor } from "./formula.ts";
import { plainStep } from "./convoy-steps.ts";
import type { Proto, ProtoGate, ProtoStep, ProtoVariable } from "./proto.ts";
import { defined } from "./read-steps.ts";

/** A proto that was cooked without values, as what it was composed to, so that it can be finished with values. */
export function thawProto(proto: Proto): { readonly formula: Formula; readonly composed: Composed } {
  const vars = new Map(Object.entries(proto.vars).map(([name, variable]) => [name, thawVariable(variable)]));
  const { pour, phase, squash } = proto;
  const formula: Formula = {
    name: proto.proto,
    type: proto.type,
    version: proto.version,
    description: proto.description,
    extends: [],
    vars,
    steps: [],
    advice: [],
    pointcuts: [],
    compose: {
      ...emptyComposition,
      bondPoints: proto.bond_points.map((point) => ({
        id: point.id,
        description: point.description ?? "",
        parallel: point.parallel ?? false,
        source: { formula: proto.proto, location: "bond_points" },
        ...defined({ afterStep: point.after_step, beforeStep: point.before_step }),
      })),
    },
    settings: {
      pour,
      ...defined({
        phase: phase ?? undefined,
        wispType: proto.wisp_type,
        agent: proto.agent,
        reviewOnly: proto.review_only,
        dispatchFormula: proto.dispatch_formula,
        freshSession: proto.fresh_session,
        squash:
          squash === undefined
            ? undefined
            : { trigger: squash.trigger, includeMetrics: squash.include_metrics },
      }),
    },
  };
  return { formula, composed: { steps: proto.steps.map(thawStep), exitsOf: () => undefined, vars } };
}

function thawVariable({ description, required, type, ...rest }: ProtoVariable): Variable {
  const { default: fallback, enum: choices, pattern } = rest;
  return {
    description: description ?? "",
    required: required ?? false,
    type: type ?? "string",
    ...defined({ default: fallback, enum: choices, pattern }),
  };
}

function thawStep(step: ProtoStep): Draft {
  const { run, shell, env, timeout, retry, on_fail: onFail, once, on_complete: after } = step;
  const waitsFor: WaitsFor | undefined = step.waits_for;
  return {
    ...plainStep,
    id: step.id,
    title: step.title,
    description: step.description,
    needs: step.needs,
    type: step.type,
    priority: step.priority,
    labels: step.labels,
    conditions: step.conditions ?? [],
    source: step.source,
    origin: step.origin,
    depth: 0,
    isGenerated: true,
    ...defined({
      parent: step.parent,
      acceptance: step.acceptance,
      notes: step.notes,
      metadata: step.metadata,
      assignee: step.assignee,
      waitsFor,
      gate: step.gate === undefined ? undefined : thawGate(step.gate),
      onComplete:
        after === undefined
          ? undefined
          : {
              forEach: after.for_each,
              bond: after.bond,
              vars: after.vars,
              sequential: after.sequential ?? false,
            },
      loopEnd: step.loop,
      interactive: step.interactive,
      agent: step.agent,
      model: step.model,
      tier: step.tier,
      script:
        run === undefined ? undefined : { run, ...defined({ shell, env, timeout, retry, onFail, once }) },
    }),
  };
}

function thawGate({ type, await_id: awaitId, timeout, description }: ProtoGate): Gate {
  return { type, ...defined({ awaitId, timeout, description }) };
}
