import { cook } from "../../../core/formulas/cook.ts";
import type { Advice, Formula, Step, Variable } from "../../../core/formulas/formula.ts";
import type { FormulaFile } from "../../../core/formulas/library.ts";
import type { OpenLibrary } from "../../../core/formulas/open-library.ts";
import { FormulaError } from "../../../core/formulas/problem.ts";
import type { ProtoStep } from "../../../core/formulas/proto.ts";
import { sanitise, sanitiseLine } from "../../../core/sanitise.ts";
import type { CommandContext } from "../command.ts";
import type { Output } from "../output.ts";
import { libraryOf, tellingProblems } from "./formula-context.ts";
import { formulaDocument } from "./formula-document.ts";
import { stepMarks } from "./step-marks.ts";

/** `gt formula show`, `bd formula show` (spec/02 §13.1). */
export function run(context: CommandContext): Promise<number | undefined> {
  return tellingProblems(context, () => show(context));
}

async function show(context: CommandContext): Promise<void> {
  const { out, flags } = context;
  const [name = ""] = context.args;
  const library = await libraryOf(context);
  const file = library.require(name);
  if (flags.boolean("raw")) {
    out.raw(file.text);
    return;
  }
  const { formula } = file;
  const wantsTrace = flags.boolean("resolve");
  if (formula === undefined) {
    if (wantsTrace) printTrace(out, library, file);
    throw new FormulaError(file.name, file.problems);
  }
  const steps = flags.boolean("cooked") ? cook(file, library, { mode: "compile" }).steps : undefined;
  out.document({
    ...formulaDocument(file, formula),
    ...(steps === undefined ? {} : { cooked: steps }),
    ...(wantsTrace ? { resolution: resolution(library, file) } : {}),
  });
  if (wantsTrace) printTrace(out, library, file);
  printHead(out, file, formula);
  if (steps !== undefined) printCooked(out, steps);
  else printParts(out, formula);
}

function resolution(library: OpenLibrary, file: FormulaFile) {
  return library.trace(file.name).map(({ place, file: found }) => ({
    tier: place.tier,
    directory: place.directory,
    found: found !== undefined,
    valid: found === undefined ? null : found.formula !== undefined,
    chosen: found?.path === file.path,
  }));
}

function printTrace(out: Output, library: OpenLibrary, file: FormulaFile): void {
  for (const { tier, directory, found, valid, chosen } of resolution(library, file)) {
    const state = chosen ? "used" : found ? (valid ? "hidden" : "hidden, invalid") : "-";
    out.line(`${tier.padEnd(9)} ${state.padEnd(16)} ${directory}`);
  }
  out.line();
}

function printHead(out: Output, file: FormulaFile, formula: Formula): void {
  const place = file.tier === "embedded" ? "shipped with gt" : `${file.tier}: ${sanitiseLine(file.shown)}`;
  out.line(`${out.style.bold(formula.name)} v${formula.version}  ${formula.type}, ${place}`);
  if (formula.description !== "") out.line(`\n${sanitise(formula.description.trim())}`);
  if (formula.extends.length > 0) out.line(`\nextends ${formula.extends.join(", ")}`);
  if (formula.settings.pour) out.line("steps become beads (pour)");
  if (formula.settings.phase !== undefined) out.line(`phase ${formula.settings.phase}`);
  if (formula.settings.reviewOnly) out.line("review only: no commits are expected");
  if (formula.vars.size > 0)
    out.line(out.style.bold(`\n${formula.type === "convoy" ? "Inputs" : "Variables"}`));
  for (const [name, variable] of formula.vars) out.line(`  ${variableLine(name, variable)}`);
}

function variableLine(name: string, variable: Variable): string {
  const { description, required, type, pattern, enum: choices, requiredUnless } = variable;
  const facts = [
    ...(required ? ["required"] : []),
    ...(requiredUnless === undefined ? [] : [`required unless ${requiredUnless.join(" or ")}`]),
    ...(variable.default === undefined ? [] : [`default ${JSON.stringify(variable.default)}`]),
    ...(type === "string" ? [] : [type]),
    ...(choices === undefined ? [] : [`one of ${choices.join(", ")}`]),
    ...(pattern === undefined ? [] : [`matches ${pattern}`]),
  ];
  const about = description === "" ? "" : `  ${description}`;
  return sanitiseLine(`${name}${facts.length === 0 ? "" : ` (${facts.join("; ")})`}${about}`);
}

function printParts(out: Output, formula: Formula): void {
  const title = formula.type === "expansion" ? "Template" : "Steps";
  if (formula.steps.length > 0) out.line(out.style.bold(`\n${title}`));
  for (const step of formula.steps) printStep(out, step, "  ");
  if (formula.advice.length > 0) out.line(out.style.bold("\nAdvice"));
  for (const advice of formula.advice) out.line(`  ${adviceLine(advice)}`);
  const { expand, map, aspects, branch, gate, bondPoints } = formula.compose;
  const rules = [
    ...expand.map(({ target, with: name }) => `expand ${target} with ${name}`),
    ...map.map(({ select, with: name }) => `map ${select} with ${name}`),
    ...aspects.map((name) => `aspect ${name}`),
    ...branch.map(({ from, steps, join }) => `branch ${from} -> ${steps.join(", ")} -> ${join}`),
    ...gate.map(({ before, condition }) => `gate before ${before}: ${condition}`),
    ...bondPoints.map(
      ({ id, afterStep, beforeStep }) =>
        `bond point ${id} ${afterStep === undefined ? `before ${beforeStep}` : `after ${afterStep}`}`,
    ),
  ];
  if (rules.length > 0) out.line(out.style.bold("\nComposition"));
  for (const rule of rules) out.line(`  ${sanitiseLine(rule)}`);
  const { convoy } = formula;
  if (convoy === undefined) return;
  out.line(out.style.bold("\nLegs"));
  for (const { id, focus, agent } of convoy.legs)
    out.line(`  ${sanitiseLine(`${id.padEnd(20)} ${focus}${agent === undefined ? "" : ` [${agent}]`}`)}`);
  if (convoy.synthesis !== undefined)
    out.line(`  ${"synthesis".padEnd(20)} ${sanitiseLine(convoy.synthesis.title)}`);
  if (convoy.presets.size > 0) out.line(out.style.bold("\nPresets"));
  for (const [name, { legs, description }] of convoy.presets)
    out.line(
      `  ${sanitiseLine(`${name.padEnd(20)} ${legs.join(", ")}${description === "" ? "" : ` (${description})`}`)}`,
    );
}

function printStep(out: Output, step: Step, indent: string): void {
  const needs = step.needs.length === 0 ? "" : ` (needs ${step.needs.join(", ")})`;
  const expand = step.expand === undefined ? "" : ` [expand ${step.expand}]`;
  const loop =
    step.loop === undefined ? "" : ` [loop ${step.loop.range ?? step.loop.until ?? step.loop.count}]`;
  const { gate, interactive, script, conditions } = step;
  const marks = stepMarks({
    conditions,
    ...(gate === undefined ? {} : { gate }),
    ...(interactive === undefined ? {} : { interactive }),
    ...(script === undefined ? {} : { run: script.run }),
  });
  out.line(sanitiseLine(`${indent}${step.id}: ${step.title}${needs}${marks}${expand}${loop}`));
  for (const inner of [...step.children, ...(step.loop?.body ?? [])]) printStep(out, inner, `${indent}  `);
}

function adviceLine({ target, before, after, aroundBefore, aroundAfter }: Advice): string {
  const names = (steps: readonly (Step | undefined)[]) =>
    steps.flatMap((step) => (step === undefined ? [] : [step.id]));
  const [first, last] = [names([before, ...aroundBefore]), names([...aroundAfter, after])];
  const parts = [
    ...(first.length === 0 ? [] : [`before ${first.join(", ")}`]),
    ...(last.length === 0 ? [] : [`after ${last.join(", ")}`]),
  ];
  return sanitiseLine(`${target ?? "pointcuts"}: ${parts.join("; ")}`);
}

function printCooked(out: Output, steps: readonly ProtoStep[]): void {
  out.line(out.style.bold("\nCooked steps"));
  for (const step of steps) {
    const needs = step.needs.length === 0 ? "" : ` (needs ${step.needs.join(", ")})`;
    const marks = stepMarks(step);
    out.line(
      sanitiseLine(
        `${String(step.index).padStart(4)}. ${step.id}: ${step.title}${needs}${marks}  wave ${step.wave}`,
      ),
    );
  }
}
