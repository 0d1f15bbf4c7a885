import { compose, type Composed } from "./composition.ts";
import { convoySteps, plainStep } from "./convoy-steps.ts";
import type { CookRequest } from "./cook-request.ts";
import { flatten } from "./draft.ts";
import { chainOf, extendFormula } from "./extend-formula.ts";
import { finishProto, ownValues } from "./finish-proto.ts";
import type { Formula, Step } from "./formula.ts";
import type { FormulaFile, FormulaLibrary } from "./library.ts";
import { lineFinder } from "./parse-text.ts";
import { FormulaError, type Problem, ProblemLog } from "./problem.ts";
import type { Proto } from "./proto.ts";
import { TooManySteps } from "./step-graph.ts";
import { thawProto } from "./thaw-proto.ts";
import { type FormulaValues, resolveValues } from "./variable-values.ts";

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
  const proto =
    file.proto === undefined ? cookText(file, library, request, log) : cookAgain(file.proto, request, log);
  return { proto: log.hasErrors ? undefined : proto, problems: log.problems };
}

/** What was cooked with values stays as it is; without, it gets them now. */
function cookAgain(proto: Proto, request: CookRequest, log: ProblemLog): Proto | undefined {
  if (proto.mode === request.mode || proto.mode === "runtime") return proto;
  if (proto.type === "convoy") {
    log.add("F046", "type", `"${proto.proto}" is a convoy that was cooked without values`, {
      fix: `cook the formula itself: bd cook ${proto.proto} --mode runtime --var ...`,
    });
    return undefined;
  }
  const { formula, composed } = thawProto(proto);
  return finishProto(formula, composed, { source: proto.source, request, log });
}

function cookText(
  file: FormulaFile,
  library: FormulaLibrary,
  request: CookRequest,
  log: ProblemLog,
): Proto | undefined {
  const formula = extendFormula(file, { log, library });
  if (formula === undefined) return undefined;
  if (formula.type === "aspect") {
    log.add("F046", "type", `"${formula.name}" is an aspect and cannot be used by itself`, {
      fix: `name it in another formula: [compose] aspects = ["${formula.name}"]`,
    });
    return undefined;
  }
  // Ranges need values before it is known which variables there are in all; what is wrong with them is told later.
  const early = resolveValues(
    formula.vars,
    request.values ?? [],
    ownValues(formula, request),
    new ProblemLog(""),
  );
  const composed = composeDrafts(formula, early, library, request, log);
  if (composed === undefined || log.hasErrors) return undefined;
  const { tier, shown: path, sha256 } = file;
  const source = { tier, path, sha256, chain: chainOf(file.formula ?? formula, library) };
  return finishProto(formula, composed, { source, request, log });
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
