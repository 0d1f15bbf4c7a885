import { checkSteps } from "./check-steps.ts";
import type { BondPoint, Composition, Formula, FormulaSettings, Step, Variable } from "./formula.ts";
import type { FormulaFile, FormulaLibrary } from "./library.ts";
import { namesHint, type ProblemLog } from "./problem.ts";

interface ExtendContext {
  readonly log: ProblemLog;
  readonly library: FormulaLibrary;
}

/** The formula with everything of its parents (spec/02 §5.3). Undefined, with problems, when that is impossible. */
export function extendFormula(file: FormulaFile, context: ExtendContext): Formula | undefined {
  return extend(file, [], context);
}

/** Names of the formula and of all that it extends, itself first. */
export function chainOf(formula: Formula, library: FormulaLibrary): readonly string[] {
  const names = new Set<string>();
  const visit = (name: string, parents: readonly string[]) => {
    if (names.has(name)) return;
    names.add(name);
    for (const parent of parents) visit(parent, library.find(parent)?.formula?.extends ?? []);
  };
  visit(formula.name, formula.extends);
  return [...names];
}

function extend(file: FormulaFile, path: readonly string[], context: ExtendContext): Formula | undefined {
  const { log, library } = context;
  const { formula } = file;
  if (formula === undefined) {
    for (const { code, key, message, ...notes } of file.problems)
      log.add(code, key, path.length === 0 ? message : `${file.shown}: ${message}`, notes);
    return undefined;
  }
  if (path.includes(formula.name)) {
    const cycle = [...path.slice(path.indexOf(formula.name)), formula.name];
    log.add("F042", "extends", `circular: ${cycle.join(" -> ")}`, { fix: "remove one of these" });
    return undefined;
  }
  if (formula.extends.length === 0) return formula;
  const parents: Formula[] = [];
  for (const [index, name] of formula.extends.entries()) {
    const found = library.find(name);
    if (found === undefined) {
      log.add("F041", `extends[${index}]`, `the parent "${name}" is not found`, {
        why: `looked in ${library.searched.join(", ")}`,
        fix: namesHint(name, library.names(), "formula"),
      });
      continue;
    }
    const parent = extend(found, [...path, formula.name], context);
    if (parent === undefined) continue;
    if (parent.type === formula.type) parents.push(parent);
    else
      log.add(
        "F043",
        `extends[${index}]`,
        `"${name}" is of type ${parent.type}, this is of type ${formula.type}`,
        {
          fix: "extend a formula of the same type",
        },
      );
  }
  if (log.hasErrors) return undefined;
  const merged = merge(formula, parents, log);
  checkSteps(merged, log);
  return merged;
}

function merge(child: Formula, parents: readonly Formula[], log: ProblemLog): Formula {
  const first = <T>(value: (formula: Formula) => T | undefined): T | undefined =>
    [child, ...parents].map(value).find((one) => one !== undefined);
  const description = first((formula) => formula.description || undefined) ?? "";
  return {
    ...child,
    description,
    extends: [],
    vars: mergedVariables([child, ...parents]),
    steps: mergedSteps(child, parents, log),
    advice: [...parents, child].flatMap(({ advice }) => advice),
    pointcuts: [...parents, child].flatMap(({ pointcuts }) => pointcuts),
    compose: mergedComposition([...parents, child].map(({ compose }) => compose)),
    settings: mergedSettings(child, parents),
  };
}

function mergedVariables(strongestFirst: readonly Formula[]): ReadonlyMap<string, Variable> {
  const vars = new Map<string, Variable>();
  for (const formula of strongestFirst)
    for (const [name, variable] of formula.vars) if (!vars.has(name)) vars.set(name, variable);
  return vars;
}

/** Parents' steps in order, then the child's; a step of the child replaces the one of its id where that stands. */
function mergedSteps(child: Formula, parents: readonly Formula[], log: ProblemLog): readonly Step[] {
  const own = new Map(child.steps.map((step) => [step.id, step]));
  const placed = new Map<string, { step: Step; parent: string }>();
  for (const parent of parents)
    for (const step of parent.steps) {
      const other = placed.get(step.id);
      const redefined = own.get(step.id);
      if (other === undefined) placed.set(step.id, { step: redefined ?? step, parent: parent.name });
      else if (redefined === undefined && other.step !== step)
        log.add("F044", "steps", `"${other.parent}" and "${parent.name}" both define the step "${step.id}"`, {
          fix: `define "${step.id}" here: that one counts then`,
        });
    }
  const added = child.steps.filter(({ id }) => !placed.has(id));
  return [...[...placed.values()].map(({ step }) => step), ...added];
}

function mergedComposition(parts: readonly Composition[]): Composition {
  const bondPoints = new Map<string, BondPoint>();
  for (const { bondPoints: points } of parts) for (const point of points) bondPoints.set(point.id, point);
  return {
    expand: parts.flatMap(({ expand }) => expand),
    map: parts.flatMap(({ map }) => map),
    aspects: [...new Set(parts.flatMap(({ aspects }) => aspects))],
    branch: parts.flatMap(({ branch }) => branch),
    gate: parts.flatMap(({ gate }) => gate),
    bondPoints: [...bondPoints.values()],
  };
}

function mergedSettings(child: Formula, parents: readonly Formula[]): FormulaSettings {
  const inherited: Record<string, unknown> = {};
  // A flag that any parent sets is set; of the rest the first parent that says something counts.
  for (const { settings } of parents)
    for (const [key, value] of Object.entries(settings))
      if (inherited[key] === undefined || value === true) inherited[key] = value;
  return { ...inherited, ...child.settings } as FormulaSettings;
}
