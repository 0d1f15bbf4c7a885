import { parseDuration } from "../duration.ts";
import { checkCooked, checkPlaceholders, usedNames } from "./check-cooked.ts";
import type { Composed } from "./composition.ts";
import { holds, parseCondition } from "./condition.ts";
import type { CookRequest } from "./cook-request.ts";
import type { Draft } from "./draft.ts";
import { dropSteps } from "./drop-steps.ts";
import type { Formula, Variable } from "./formula.ts";
import { orderSteps } from "./order-steps.ts";
import { applyOverlay, type Overlay } from "./overlay.ts";
import type { ProblemLog } from "./problem.ts";
import type { Proto, ProtoSource, ProtoStep, ProtoVariable } from "./proto.ts";
import { protoStep } from "./proto-step.ts";
import { defined } from "./read-steps.ts";
import { substitute } from "./substitute.ts";
import { checkMissing, type FormulaValues, resolveValues } from "./variable-values.ts";

export interface Finishing {
  readonly source: ProtoSource;
  readonly request: CookRequest;
  readonly log: ProblemLog;
}

/** Stages 11 to 15 of spec/02 §5.1: decides conditions, lays the overlay, checks, orders and fills in the values. */
export function finishProto(
  formula: Formula,
  composed: Composed,
  { source, request, log }: Finishing,
): Proto | undefined {
  const values = resolveValues(composed.vars, request.values ?? [], ownValues(formula, request), log);
  checkPlaceholders(formula, composed, log);
  const isRuntime = request.mode === "runtime";
  const left = isRuntime ? decided(composed.steps, values, request.overlay, log) : composed.steps;
  // Texts of a convoy are filled in already, and what is not given is empty.
  const isFilled = formula.type === "convoy";
  if (isRuntime) checkMissing(composed.vars, values, isFilled ? new Set() : usedNames(formula, left), log);
  checkCooked(left, log);
  if (log.hasErrors) return undefined;
  const order = orderSteps(left);
  const text = (raw: string) => (isRuntime ? substitute(raw, values.lookUp) : raw);
  const rootText = (name: string) => (isRuntime && formula.vars.has(name) ? values.lookUp(name) : undefined);
  const ids = new Set(left.map(({ id }) => id));
  const { molecule } = request;
  const shared = {
    exitsOf: composed.exitsOf,
    ids,
    ...defined({ molecule, values: isRuntime && !isFilled ? values : undefined }),
  };
  const steps = order.steps.map((step, index) =>
    protoStep(step, { ...shared, index: index + 1, wave: order.waves[index] ?? 0 }),
  );
  if (isRuntime) checkTimeouts(steps, log);
  if (log.hasErrors) return undefined;
  const { settings } = formula;
  return {
    proto: formula.name,
    schema: 1,
    mode: request.mode,
    version: formula.version,
    type: formula.type,
    source,
    title: rootText("title") || formula.name,
    description: rootText("desc") || text(formula.description),
    pour: settings.pour ?? false,
    phase: settings.phase ?? null,
    vars: protoVariables(composed.vars, isRuntime ? values : undefined),
    steps,
    waves: wavesOf(order),
    critical_path: order.criticalPath,
    bond_points: formula.compose.bondPoints.map(({ id, description, afterStep, beforeStep, parallel }) => ({
      id,
      ...defined({
        description: description || undefined,
        after_step: afterStep,
        before_step: beforeStep,
        parallel: parallel ? (true as const) : undefined,
      }),
    })),
    needs_beads: steps.some(
      ({ gate, waits_for, on_complete, loop }) => (gate ?? waits_for ?? on_complete ?? loop) !== undefined,
    ),
    warnings: log.problems.map(
      ({ code, key, message }) => `${code}: ${key === "" ? "" : `${key}: `}${message}`,
    ),
    ...defined({
      wisp_type: settings.wispType ?? (isRuntime ? values.lookUp("wisp_type") : undefined),
      agent: settings.agent,
      review_only: settings.reviewOnly,
      dispatch_formula: settings.dispatchFormula,
      fresh_session: settings.freshSession,
      squash:
        settings.squash === undefined
          ? undefined
          : { trigger: settings.squash.trigger, include_metrics: settings.squash.includeMetrics },
    }),
  };
}

/** A gate's time can come from a variable, so it is known only now whether it is one (F027). */
function checkTimeouts(steps: readonly ProtoStep[], log: ProblemLog): void {
  for (const { id, gate, source } of steps) {
    const { timeout } = gate ?? {};
    if (timeout !== undefined && !((parseDuration(timeout) ?? 0) > 0))
      log.add("F027", `${source.location}.gate.timeout`, `"${timeout}" of step "${id}" is not a duration`, {
        fix: 'such as "90s", "30m" or "1h30m"',
      });
  }
}

/** Values that nobody can give. */
export function ownValues(formula: Formula, { molecule }: CookRequest): Readonly<Record<string, string>> {
  const run = formula.type === "convoy" ? molecule?.id.split("-").at(-1) : undefined;
  return {
    formula: formula.name,
    formula_version: String(formula.version),
    ...(molecule === undefined ? {} : { mol_id: molecule.id }),
    // Poured, a convoy is a run of its own (spec/02 §13.2).
    ...(run === undefined ? {} : { run_id: run, review_id: run, design_id: run }),
  };
}

/** Without the steps whose conditions do not hold, and with the overlay. */
function decided(
  steps: readonly Draft[],
  { lookUp }: FormulaValues,
  overlay: Overlay | undefined,
  log: ProblemLog,
): readonly Draft[] {
  const isOut = ({ conditions }: Draft): boolean =>
    conditions.some((text) => {
      const condition = parseCondition(text);
      return condition !== undefined && !holds(condition, lookUp);
    });
  const left = dropSteps(steps, new Set(steps.filter(isOut).map(({ id }) => id)));
  if (overlay === undefined) return left;
  const { steps: laid, stale } = applyOverlay(left, overlay.overrides, (text) => text);
  for (const id of stale)
    log.warn("F064", "", `stale override: ${overlay.path} names the step "${id}", which is not there`, {
      fix: "remove the override",
    });
  return laid;
}

function protoVariables(
  vars: ReadonlyMap<string, Variable>,
  values: FormulaValues | undefined,
): Readonly<Record<string, ProtoVariable>> {
  return Object.fromEntries(
    [...vars].map(([name, { description, required, default: fallback, enum: choices, pattern, type }]) => [
      name,
      defined({
        description: description || undefined,
        required: required || undefined,
        default: fallback,
        enum: choices,
        pattern,
        type: type === "string" ? undefined : type,
        value: values?.lookUp(name),
      }) satisfies ProtoVariable,
    ]),
  );
}

function wavesOf({
  steps,
  waves,
}: {
  readonly steps: readonly Draft[];
  readonly waves: readonly number[];
}): readonly (readonly string[])[] {
  const grouped: string[][] = [];
  for (const [index, { id }] of steps.entries()) {
    const wave = waves[index] ?? 0;
    grouped[wave] = [...(grouped[wave] ?? []), id];
  }
  return grouped;
}
