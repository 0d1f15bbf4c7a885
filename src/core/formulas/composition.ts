import { globToRegExp } from "../glob.ts";
import { type Draft, entriesIn, flatten } from "./draft.ts";
import { expandLoop } from "./expand-loops.ts";
import type { ExpandRule, Formula, FormulaType, MapRule, StepSource, Variable } from "./formula.ts";
import type { FormulaLibrary } from "./library.ts";
import { mapTexts } from "./map-texts.ts";
import { extendFormula } from "./extend-formula.ts";
import { namesHint, type ProblemLog } from "./problem.ts";
import { StepGraph } from "./step-graph.ts";
import { substituteBraces, type LookUp } from "./substitute.ts";
import { valueProblem } from "./variable-value.ts";
import { weaveAdvice, type WovenAdvice } from "./weave-advice.ts";

export interface CompositionContext {
  readonly log: ProblemLog;
  readonly library: FormulaLibrary;
  /** Values of formula variables, for ranges. */
  readonly lookUp: LookUp;
}

export interface Composed {
  readonly steps: readonly Draft[];
  /** Steps that stand for an id that was replaced, as far as others wait for it. */
  readonly exitsOf: (id: string) => readonly string[] | undefined;
  /** Declared by the formula, then by the expansions and aspects that it uses. */
  readonly vars: ReadonlyMap<string, Variable>;
}

const maxDepth = 5;

/** Stages 3 to 9 of spec/02 §5.1: the formula's steps with everything that its composition makes of them. */
export function compose(formula: Formula, steps: readonly Draft[], context: CompositionContext): Composed {
  return new Composition(formula, new StepGraph(steps), context).run();
}

class Composition {
  readonly #formula: Formula;
  readonly #graph: StepGraph;
  readonly #context: CompositionContext;
  readonly #log: ProblemLog;
  readonly #vars: Map<string, Variable>;
  /** Formulas that are used, by name; undefined for one that cannot be. */
  readonly #used = new Map<string, Formula | undefined>();

  constructor(formula: Formula, graph: StepGraph, context: CompositionContext) {
    this.#formula = formula;
    this.#graph = graph;
    this.#context = context;
    this.#log = context.log;
    this.#vars = new Map(formula.vars);
  }

  run(): Composed {
    const { compose: rules } = this.#formula;
    this.#settle();
    for (const rule of lastPerTarget(rules.expand)) this.#expandRule(rule);
    for (const rule of rules.map) this.#mapRule(rule);
    weaveAdvice(this.#graph, this.#advice(), this.#log);
    this.#branches();
    this.#gates();
    this.#checkBondPoints();
    return { steps: this.#graph.steps, exitsOf: (id) => this.#graph.exitsOf(id), vars: this.#vars };
  }

  /** Replaces loops, outer before inner, then steps that are expanded where they stand. */
  #settle(): void {
    const find = (test: (step: Draft) => boolean) =>
      this.#log.hasErrors ? undefined : this.#graph.steps.find(test);
    for (;;) {
      const looped = find(({ loop }) => loop !== undefined);
      if (looped?.loop !== undefined) {
        const steps = expandLoop(looped, looped.loop, this.#context);
        if (steps !== undefined) this.#graph.replace(looped, steps, "loop");
        continue;
      }
      const step = find(({ expand }) => expand !== undefined);
      if (step?.expand === undefined) return;
      this.#expand(step, step.expand, step.expandVars, {
        ...step.source,
        location: `${step.source.location}.expand`,
      });
    }
  }

  #expandRule(rule: ExpandRule): void {
    if (this.#log.hasErrors) return;
    const key = `${rule.source.location}.target`;
    const unit = this.#graph.units.get(rule.target);
    if (unit !== undefined) {
      const what = {
        loop: "is a loop",
        container: "is a container",
        expansion: "was expanded already",
        advised: "has advice around it",
      };
      this.#log.add("F045", key, `the step "${rule.target}" ${what[unit.kind]}`, {
        fix:
          unit.kind === "loop" ? `use compose.map with select = "${rule.target}.iter*"` : "name another step",
      });
      return;
    }
    const target = this.#graph.steps.find(({ id }) => id === rule.target);
    if (target === undefined)
      this.#log.add("F045", key, `unknown step "${rule.target}"`, {
        fix: namesHint(rule.target, this.#graph.ids(), "step"),
      });
    else {
      this.#expand(target, rule.with, rule.vars, {
        ...rule.source,
        location: `${rule.source.location}.with`,
      });
      this.#settle();
    }
  }

  #mapRule(rule: MapRule): void {
    if (this.#log.hasErrors) return;
    const glob = globToRegExp(rule.select);
    const targets = this.#graph.steps.filter(
      ({ id, isGenerated }) => glob.test(id) && !isGenerated && !this.#graph.units.has(id),
    );
    if (targets.length === 0)
      this.#log.warn("F064", `${rule.source.location}.select`, `no step matches "${rule.select}"`, {
        fix: namesHint(rule.select, this.#graph.ids(), "step"),
      });
    for (const { id } of targets) {
      const target = this.#graph.steps.find((step) => step.id === id);
      if (target !== undefined)
        this.#expand(target, rule.with, rule.vars, {
          ...rule.source,
          location: `${rule.source.location}.with`,
        });
    }
    this.#settle();
  }

  /** Puts the template of an expansion in the place of a step. */
  #expand(target: Draft, name: string, given: Readonly<Record<string, string>>, by: StepSource): void {
    const expansion = this.#use(name, "expansion", by.location);
    if (expansion === undefined) return;
    const depth = target.depth + 1;
    if (depth > maxDepth) {
      this.#log.add("F048", by.location, `"${name}" is expanded more than ${maxDepth} deep`, {
        fix: "an expansion that comes back to itself never ends",
      });
      return;
    }
    const values = this.#bracesOf(expansion, given, by.location);
    for (const [key, value] of Object.entries({
      target: target.id,
      "target.id": target.id,
      "target.title": target.title,
      "target.description": target.description,
    }))
      values.set(key, value);
    const steps = expansion.steps.map((step) => mapTexts(step, (text) => substituteBraces(text, values)));
    const drafts = flatten(steps, { origin: target.origin, depth, isGenerated: true });
    const own =
      target.gate === undefined ? undefined : entriesIn(drafts).find(({ gate }) => gate !== undefined);
    if (own !== undefined)
      this.#log.add("F027", by.location, `"${target.id}" and "${own.id}" both have a gate`, {
        fix: "a step waits for one gate: put one of them on a step in front",
      });
    this.#checkFree(target, drafts);
    if (!this.#log.hasErrors) this.#graph.replace(target, drafts, "expansion");
  }

  /** Whether no other step has an id of those that take the target's place. */
  #checkFree(target: Draft, drafts: readonly Draft[]): void {
    const made = new Map(drafts.map((draft) => [draft.id, draft]));
    const other = this.#graph.steps.find((step) => step !== target && made.has(step.id));
    const draft = made.get(other?.id ?? "");
    if (other === undefined || draft === undefined) return;
    const [one, two] = [draft, other].map(({ source }) => `${source.location} of ${source.formula}`);
    this.#log.add("F050", draft.source.location, `two steps would have the id "${draft.id}"`, {
      why: `one from ${one}, one from ${two}`,
      fix: "rename one of them",
    });
  }

  /** A formula that this one names, with what it extends. */
  #use(name: string, type: FormulaType, key: string): Formula | undefined {
    const known = this.#used.get(name);
    if (known?.type === type) return known;
    const file = this.#context.library.find(name);
    if (file === undefined) {
      this.#log.add("F046", key, `the ${type} "${name}" is not found`, {
        why: `looked in ${this.#context.library.searched.join(", ")}`,
        fix: namesHint(name, this.#context.library.names(), "formula"),
      });
      return undefined;
    }
    const formula = extendFormula(file, this.#context);
    if (formula === undefined) return undefined;
    if (formula.type !== type) {
      this.#log.add("F046", key, `"${name}" is of type ${formula.type}, not ${type}`, {
        fix: `name a formula of type ${type}`,
      });
      return undefined;
    }
    this.#used.set(name, formula);
    // Whoever fills in `{name}` has given what is needed; only `{{name}}` asks the formula's caller.
    for (const [variable, declared] of formula.vars)
      if (!this.#vars.has(variable)) this.#vars.set(variable, { ...declared, required: false });
    return formula;
  }

  #bracesOf(used: Formula, given: Readonly<Record<string, string>>, key: string): Map<string, string> {
    const values = new Map<string, string>();
    for (const name of Object.keys(given))
      if (!used.vars.has(name))
        this.#log.add("F058", key, `"${used.name}" has no variable "${name}"`, {
          fix: namesHint(name, [...used.vars.keys()], "variable"),
        });
    for (const [name, variable] of used.vars) {
      const value = Object.hasOwn(given, name) ? given[name] : variable.default;
      if (value === undefined) {
        if (variable.required)
          this.#log.add("F056", key, `"${used.name}" needs a value for "${name}": ${variable.description}`, {
            fix: `vars = { ${name} = "..." }`,
          });
        continue;
      }
      const problem = value.includes("{{") || value === "" ? undefined : valueProblem(variable, value);
      if (problem !== undefined) this.#log.add("F057", key, `"${name}": "${value}" ${problem}`);
      values.set(name, value);
    }
    return values;
  }

  #advice(): readonly WovenAdvice[] {
    const { advice, pointcuts, compose: rules } = this.#formula;
    const own = advice.map((rule) => ({ rule, pointcuts, values: new Map<string, string>() }));
    const woven = rules.aspects.flatMap((name, index) => {
      const aspect = this.#use(name, "aspect", `compose.aspects[${index}]`);
      if (aspect === undefined) return [];
      const values = this.#bracesOf(aspect, {}, `compose.aspects[${index}]`);
      return aspect.advice.map((rule) => ({ rule, pointcuts: aspect.pointcuts, values }));
    });
    return [...own, ...woven];
  }

  #branches(): void {
    for (const { from, steps, join, source } of this.#formula.compose.branch) {
      const known = (id: string, key: string): boolean => {
        if (this.#graph.exitsOf(id) !== undefined) return true;
        this.#log.add("F051", `${source.location}.${key}`, `unknown step "${id}"`, {
          fix: namesHint(id, this.#graph.ids(), "step"),
        });
        return false;
      };
      const isKnown = [
        known(from, "from"),
        known(join, "join"),
        ...steps.map((step, index) => known(step, `steps[${index}]`)),
      ];
      if (isKnown.includes(false)) continue;
      for (const step of steps) {
        this.#graph.addNeeds(step, this.#graph.exitsOf(from) ?? []);
        this.#graph.addNeeds(join, this.#graph.exitsOf(step) ?? []);
      }
    }
  }

  #gates(): void {
    for (const { before, condition, source } of this.#formula.compose.gate) {
      const entries = this.#graph.entriesOf(before);
      if (entries === undefined) {
        this.#log.add("F052", `${source.location}.before`, `unknown step "${before}"`, {
          fix: namesHint(before, this.#graph.ids(), "step"),
        });
        continue;
      }
      this.#graph.update((step) => {
        if (!entries.includes(step.id)) return step;
        if (step.gate !== undefined)
          this.#log.add("F052", source.location, `the step "${step.id}" has a gate already`, {
            fix: "a step waits for one gate: put this one on a step in front",
          });
        return { ...step, gate: { type: "condition", awaitId: condition } };
      });
    }
  }

  #checkBondPoints(): void {
    for (const { afterStep, beforeStep, source } of this.#formula.compose.bondPoints) {
      const step = afterStep ?? beforeStep;
      if (step !== undefined && this.#graph.exitsOf(step) === undefined)
        this.#log.add("F053", source.location, `unknown step "${step}"`, {
          fix: namesHint(step, this.#graph.ids(), "step"),
        });
    }
  }
}

/** Of several rules with one target the last one counts, at its place. */
function lastPerTarget(rules: readonly ExpandRule[]): readonly ExpandRule[] {
  const last = new Map(rules.map((rule) => [rule.target, rule]));
  return rules.filter((rule) => last.get(rule.target) === rule);
}
