import { checkSteps } from "./check-steps.ts";
import { checkTexts } from "./check-texts.ts";
import { emptyComposition, type Formula, type FormulaType, formulaTypes } from "./formula.ts";
import { parseText, type Table } from "./parse-text.ts";
import type { Problem, ProblemLog } from "./problem.ts";
import { readComposition, readFormulaSettings } from "./read-composition.ts";
import { readConvoy } from "./read-convoy.ts";
import { defined, readAdvice, readPointcuts, readSteps } from "./read-steps.ts";
import { TableReader } from "./read-table.ts";
import { readInputs, readVariables } from "./read-variables.ts";

export interface FormulaText {
  readonly text: string;
  readonly format: "toml" | "json";
  /** The file's name up to `.formula.toml`; the formula has to be called so. */
  readonly stem: string;
  /** Name of the file in problems. */
  readonly shown: string;
}

export interface ReadFormula {
  /** Undefined when there are errors. */
  readonly formula: Formula | undefined;
  readonly problems: readonly Problem[];
}

export const formulaName = /^[a-z0-9][a-z0-9._-]{0,63}$/;

const sections: Readonly<Record<string, readonly FormulaType[]>> = {
  steps: ["workflow"],
  template: ["expansion"],
  advice: ["aspect", "workflow"],
  pointcuts: ["aspect", "workflow"],
  compose: ["workflow"],
  extends: ["workflow", "expansion"],
  vars: ["workflow", "expansion", "aspect"],
  inputs: ["convoy"],
  legs: ["convoy"],
  prompts: ["convoy"],
  output: ["convoy"],
  presets: ["convoy"],
  default_preset: ["convoy"],
  synthesis: ["convoy"],
};

/** Reads and checks one formula file by itself: no other file is looked at (spec/02 §2, §3). */
export function readFormula(source: FormulaText): ReadFormula {
  const { log, table } = parseText(source.text, source.format, source.shown);
  const formula = table === undefined ? undefined : readTable(table, source.stem, log);
  return { formula: log.hasErrors ? undefined : formula, problems: log.problems };
}

function readTable(table: Table, stem: string, log: ProblemLog): Formula {
  const top = new TableReader(log, "", table);
  const name = readName(top, stem);
  const type = readType(top);
  for (const [section, types] of Object.entries(sections))
    if (top.has(section) && !types.includes(type))
      log.add("F012", section, `a ${type} has no ${section}`, {
        fix: `${section} belongs into a formula of type ${types.join(" or ")}`,
      });
  if (top.has("aspects"))
    log.add("F012", "aspects", "a list of aspects is not a formula", {
      fix: 'use type = "convoy" with legs, or compose.aspects in a workflow',
    });
  const version = top.has("version") ? top.value("version") : 1;
  if (!(typeof version === "number" && Number.isSafeInteger(version) && version >= 1))
    log.add("F011", "version", `version ${JSON.stringify(String(version))} is not an integer of at least 1`);
  const steps =
    type === "expansion"
      ? readSteps(top.tables("template"), "template", name)
      : type === "workflow"
        ? readSteps(top.tables("steps"), "step", name)
        : [];
  const formula: Formula = {
    name,
    type,
    version: typeof version === "number" ? version : 1,
    description: top.text("description") ?? "",
    extends: top.texts("extends"),
    vars: type === "convoy" ? readInputs(top.table("inputs")) : readVariables(top.table("vars")),
    steps,
    advice: readAdvice(top.tables("advice"), name),
    pointcuts: readPointcuts(top.tables("pointcuts")),
    compose: type === "workflow" ? readComposition(top.table("compose"), name) : emptyComposition,
    settings: readFormulaSettings(top),
    ...defined({ convoy: type === "convoy" ? readConvoy(top) : undefined }),
  };
  top.finish();
  checkPresence(formula, log);
  checkSteps(formula, log);
  checkTexts(formula, log);
  return formula;
}

function readName(top: TableReader, stem: string): string {
  const name = top.text("formula");
  if (name === undefined) {
    if (!top.has("formula"))
      top.log.add("F007", "formula", "the formula has no name", { fix: `add formula = "${stem}"` });
    return stem;
  }
  if (!formulaName.test(name))
    top.log.add("F009", "formula", `"${name}" is not a formula name`, {
      fix: "lower-case letters, digits, ., _ and -, at most 64 characters",
    });
  else if (name !== stem)
    top.log.add("F008", "formula", `"${name}" is in a file named ${stem}`, { fix: "rename one of them" });
  return name;
}

function readType(top: TableReader): FormulaType {
  const type = top.choice("type", formulaTypes, "F010");
  if (type !== undefined) return type;
  if (top.has("legs")) return "convoy";
  if (top.has("template")) return "expansion";
  if (top.has("steps") || top.has("extends")) return "workflow";
  return top.has("advice") ? "aspect" : "workflow";
}

const examples: Readonly<Record<FormulaType, string>> = {
  workflow: '[[steps]] with id = "build" and title = "Build"',
  expansion: '[[template]] with id = "{target}.draft" and title = "Draft {target.title}"',
  aspect: '[[advice]] with target = "*" and before = { id = "{step.id}-check", title = "Check" }',
  convoy: '[[legs]] with id = "security" and focus = "attack surface"',
};

function checkPresence(formula: Formula, log: ProblemLog): void {
  const { type } = formula;
  const isThere =
    type === "aspect"
      ? formula.advice.length > 0
      : type === "convoy"
        ? (formula.convoy?.legs.length ?? 0) > 0
        : formula.steps.length > 0 || formula.extends.length > 0;
  const section = { workflow: "steps", expansion: "template", aspect: "advice", convoy: "legs" }[type];
  if (!isThere && !log.hasErrors)
    log.add("F013", section, `a ${type} has no ${section}`, { fix: `for example: ${examples[type]}` });
  for (const [index, advice] of formula.advice.entries())
    if (advice.target === undefined && formula.pointcuts.length === 0)
      log.add("F055", `advice[${index}]`, "the advice has no target", {
        fix: 'add target = "<glob on step ids>", or [[pointcuts]]',
      });
}
