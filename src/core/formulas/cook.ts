import { compose, type Composed } from "./composition.ts";
import { holds, parseCondition } from "./condition.ts";
import { convoySteps, plainStep } from "./convoy-steps.ts";
import { checkCooked, checkPlaceholders, usedNames } from "./check-cooked.ts";
import { type Draft, flatten } from "./draft.ts";
import { dropSteps } from "./drop-steps.ts";
import { chainOf, extendFormula } from "./extend-formula.ts";
import type { Formula, Step, Variable } from "./formula.ts";
import type { FormulaFile, FormulaLibrary } from "./library.ts";
import { orderSteps } from "./order-steps.ts";
import { applyOverlay, type Overlay } from "./overlay.ts";
import { lineFinder } from "./parse-text.ts";
import { FormulaError, type Problem, ProblemLog } from "./problem.ts";
import type { Proto, ProtoVariable } from "./proto.ts";
import { protoStep } from "./proto-step.ts";
import { defined } from "./read-steps.ts";
import { TooManySteps } from "./step-graph.ts";
import { substitute } from "./substitute.ts";
import { checkMissing, type FormulaValues, resolveValues, type ValueSource } from "./variable-values.ts";

export interface CookRequest {
  /** `runtime` fills in values and decides conditions; `compile` keeps placeholders. */
  readonly mode: "compile" | "runtime";
  /** Strongest first. */
  readonly values?: readonly ValueSource[];
  /** For whom it is cooked: gives `{{mol_id}}` and `{{step_id}}` their values. */
  readonly molecule?: { readonly id: string; readonly isPoured: boolean };
  /** Runtime only. */
  readonly overlay?: Overlay;
}

export interface CookResult {
  /** Undefined when there are errors. */
  readonly proto: Proto | undefined;
  readonly problems: readonly Problem[];
}

/**
 * Resolves everything that a formula is composed of into a flat, checked, ordered proto (spec/02 §5). Writes nothing; the
 * same texts and values give the same proto. Throws a `FormulaError` that names all problems.
 */
export function cook(file: FormulaFile, library: FormulaLibrary, request: CookRequest): Proto {
  const { proto, problems } = tryCook(file, library, request);
  if (proto === undefined) throw new FormulaError(file.name, problems);
  return proto;
}

/** The same, with the problems handed back, warnings included. */
export function tryCook(file: FormulaFile, library: FormulaLibrary, request: CookRequest): CookResult {
  const isToml = !file.path.endsWith(".json");
  const log = new ProblemLog(file.shown, isToml ? lineFinder(file.text) : undefined);
  if (file.formula !== undefined)
    for (const { code, key, message, ...notes } of file.problems) log.add(code, key, message, notes);
  const formula = extendFormula(file, { log, library });
  const proto = formula === undefined ? undefined : cookFormula(formula, file, library, request, log);
  return { proto: log.hasErrors ? undefined : proto, problems: log.problems };
}

function cookFormula(
  formula: Formula,
  file: FormulaFile,
  library: FormulaLibrary,
  request: CookRequest,
  log: ProblemLog,
): Proto | undefined {
  if (formula.type === "aspect") {
    log.add("F046", "type", `"${formula.name}" is an aspect and cannot be used by itself`, {
      fix: `name it in another formula: [compose] aspects = ["${formula.name}"]`,
    });
    return undefined;
  }
  const own = ownValues(formula, request);
  const sources = request.values ?? [];
  // Ranges need values before it is known which variables there are in all; what is wrong with them is told below.
  const early = resolveValues(formula.vars, sources, own, new ProblemLog(""));
  const composed = composeDrafts(formula, early, library, request, log);
  if (composed === undefined || log.hasErrors) return undefined;
  const values = resolveValues(composed.vars, sources, own, log);
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
  const { settings } = formula;
  return {
    proto: formula.name,
    schema: 1,
    mode: request.mode,
    version: formula.version,
    type: formula.type,
    source: {
      tier: file.tier,
      path: file.shown,
      sha256: file.sha256,
      chain: chainOf(file.formula ?? formula, library),
    },
    title: rootText("title") ?? formula.name,
    description: rootText("desc") ?? text(formula.description),
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

function ownValues(formula: Formula, { molecule }: CookRequest): Readonly<Record<string, string>> {
  return {
    formula: formula.name,
    formula_version: String(formula.version),
    ...(molecule === undefined ? {} : { mol_id: molecule.id }),
  };
}

function composeDrafts(
  formula: Formula,
  values: FormulaValues,
  library: FormulaLibrary,
  request: CookRequest,
  log: ProblemLog,
): Composed | undefined {
  try {
    const drafts = flatten(stepsOf(formula, values, request, log), { depth: 0, isGenerated: false });
    return compose(formula, drafts, { log, library, lookUp: values.lookUp });
  } catch (error) {
    if (!(error instanceof TooManySteps)) throw error;
    log.add("F049", "", "the formula has more than 10000 steps");
    return undefined;
  }
}

/** An expansion is applied to a step `main`, a convoy is a workflow of its legs (spec/02 §2.8, §13.2). */
function stepsOf(
  formula: Formula,
  values: FormulaValues,
  { mode }: CookRequest,
  log: ProblemLog,
): readonly Step[] {
  const { name, description, convoy } = formula;
  if (formula.type === "expansion")
    return [
      {
        ...plainStep,
        id: "main",
        title: name,
        description,
        expand: name,
        source: { formula: name, location: "template" },
      },
    ];
  if (convoy === undefined) return formula.steps;
  // An input that is not given is empty, so that a block can ask for it.
  const inputOf = (input: string) => values.lookUp(input) ?? (formula.vars.has(input) ? "" : undefined);
  return convoySteps(formula, convoy, mode === "runtime" ? inputOf : undefined, log);
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
