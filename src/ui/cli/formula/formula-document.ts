import type { Advice, Formula, Step, Variable } from "../../../core/formulas/formula.ts";
import type { FormulaFile } from "../../../core/formulas/library.ts";

/** A formula as its file says it, with the keys of the file (spec/02 §13.1). */
export function formulaDocument(file: FormulaFile, formula: Formula): Readonly<Record<string, unknown>> {
  const { settings, convoy } = formula;
  const variables = Object.fromEntries(
    [...formula.vars].map(([name, variable]) => [name, variableDocument(variable)]),
  );
  return {
    name: formula.name,
    type: formula.type,
    version: formula.version,
    tier: file.tier,
    source: file.shown,
    sha256: file.sha256,
    description: formula.description,
    extends: formula.extends,
    [formula.type === "convoy" ? "inputs" : "vars"]: variables,
    pour: settings.pour ?? false,
    phase: settings.phase ?? null,
    ...(settings.wispType === undefined ? {} : { wisp_type: settings.wispType }),
    ...(settings.reviewOnly === undefined ? {} : { review_only: settings.reviewOnly }),
    ...(settings.agent === undefined ? {} : { agent: settings.agent }),
    ...(convoy === undefined
      ? { [formula.type === "expansion" ? "template" : "steps"]: formula.steps.map(stepDocument) }
      : {
          legs: convoy.legs.map(({ reviewOnly, ...leg }) => ({
            ...leg,
            ...(reviewOnly === undefined ? {} : { review_only: reviewOnly }),
          })),
          presets: Object.fromEntries(convoy.presets),
          default_preset: convoy.defaultPreset ?? null,
          output: {
            directory: convoy.output.directory,
            leg_pattern: convoy.output.legPattern,
            synthesis: convoy.output.synthesis,
          },
          synthesis:
            convoy.synthesis === undefined
              ? null
              : { title: convoy.synthesis.title, depends_on: convoy.synthesis.dependsOn },
        }),
    ...(formula.advice.length === 0 ? {} : { advice: formula.advice.map(adviceDocument) }),
    ...(formula.pointcuts.length === 0 ? {} : { pointcuts: formula.pointcuts }),
    ...composeDocument(formula),
  };
}

function variableDocument(variable: Variable): Readonly<Record<string, unknown>> {
  const { requiredUnless, ...rest } = variable;
  return { ...rest, ...(requiredUnless === undefined ? {} : { required_unless: requiredUnless }) };
}

function stepDocument(step: Step): Readonly<Record<string, unknown>> {
  const { gate, loop, script } = step;
  return {
    id: step.id,
    title: step.title,
    ...(step.description === "" ? {} : { description: step.description }),
    needs: step.needs,
    ...(step.type === undefined ? {} : { type: step.type }),
    ...(step.conditions.length === 0 ? {} : { condition: step.conditions[0] }),
    ...(step.acceptance === undefined ? {} : { acceptance: step.acceptance }),
    ...(step.expand === undefined ? {} : { expand: step.expand, expand_vars: step.expandVars }),
    ...(gate === undefined
      ? {}
      : { gate: { type: gate.type, await_id: gate.awaitId, timeout: gate.timeout } }),
    ...(loop === undefined
      ? {}
      : {
          loop: {
            count: loop.count,
            range: loop.range,
            until: loop.until,
            max: loop.max,
            var: loop.variable,
            parallel: loop.parallel,
            body: loop.body.map(stepDocument),
          },
        }),
    ...(script === undefined ? {} : { run: script.run }),
    ...(step.children.length === 0 ? {} : { children: step.children.map(stepDocument) }),
  };
}

function adviceDocument({ target, before, after, aroundBefore, aroundAfter }: Advice) {
  const one = (step: Step | undefined) => (step === undefined ? undefined : stepDocument(step));
  return {
    target,
    before: one(before),
    after: one(after),
    around: { before: aroundBefore.map(stepDocument), after: aroundAfter.map(stepDocument) },
  };
}

function composeDocument({ compose }: Formula): Readonly<Record<string, unknown>> {
  const { expand, map, aspects, branch, gate, bondPoints } = compose;
  const parts = {
    expand: expand.map(({ target, with: name, vars }) => ({ target, with: name, vars })),
    map: map.map(({ select, with: name, vars }) => ({ select, with: name, vars })),
    aspects,
    branch: branch.map(({ from, steps, join }) => ({ from, steps, join })),
    gate: gate.map(({ before, condition }) => ({ before, condition })),
    bond_points: bondPoints.map(({ id, description, afterStep, beforeStep, parallel }) => ({
      id,
      description,
      after_step: afterStep,
      before_step: beforeStep,
      parallel,
    })),
  };
  const said = Object.entries(parts).filter(([, rules]) => rules.length > 0);
  return said.length === 0 ? {} : { compose: Object.fromEntries(said) };
}
