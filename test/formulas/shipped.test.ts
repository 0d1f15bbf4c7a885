import { expect, it } from "vitest";
import { allSteps } from "../../src/core/formulas/check-texts.ts";
import { tryCook } from "../../src/core/formulas/cook.ts";
import type { Formula } from "../../src/core/formulas/formula.ts";
import { formulaPlaces } from "../../src/core/formulas/formula-places.ts";
import type { FormulaFile } from "../../src/core/formulas/library.ts";
import { openLibrary } from "../../src/core/formulas/open-library.ts";
import type { Proto } from "../../src/core/formulas/proto.ts";
import { bdProgram } from "../../src/ui/cli/bd-program.ts";
import type { CommandSpec, Program } from "../../src/ui/cli/command.ts";
import { exactCommand } from "../../src/ui/cli/find-command.ts";
import { gtProgram } from "../../src/ui/cli/gt-program.ts";
import { outline } from "../core/formulas/library-of.ts";

const library = openLibrary(formulaPlaces({}), "/");
const shipped = library.all();

function formulaOf(file: FormulaFile | undefined): Formula {
  if (file?.formula === undefined)
    throw new Error(`${file?.name} cannot be read: ${JSON.stringify(file?.problems)}`);
  return file.formula;
}

/** A value for each variable that has none, inherited ones too. */
function someValues({ vars }: Proto): Readonly<Record<string, string>> {
  const entries = Object.entries(vars).filter(([, { default: fallback }]) => fallback === undefined);
  return Object.fromEntries(
    entries.map(([name, { enum: choices }]) => [name, choices?.[0] ?? sample[name] ?? "1"]),
  );
}
const sample: Readonly<Record<string, string>> = {
  version: "1.2.3",
  issue: "gp-a1b2c",
  feature: "Dark mode",
};

function textsOf(formula: Formula): readonly string[] {
  const steps = [
    ...allSteps(formula.steps),
    ...formula.advice.flatMap(({ before, after, aroundBefore, aroundAfter }) =>
      [before, after, ...aroundBefore, ...aroundAfter].filter((step) => step !== undefined),
    ),
  ];
  const { convoy } = formula;
  return [
    formula.description,
    ...steps.flatMap(({ title, description, acceptance, script }) => [
      title,
      description,
      acceptance ?? "",
      script?.run ?? "",
    ]),
    ...Object.values(convoy?.prompts ?? {}),
    ...(convoy?.legs.map(({ description }) => description) ?? []),
    convoy?.synthesis?.description ?? "",
  ];
}

it("ships what the catalogue calls core", () => {
  const names = shipped.map(({ name }) => name);
  expect(names).toEqual(
    expect.arrayContaining(
      "mol-polecat-work shiny shiny-enterprise shiny-secure mol-polecat-conflict-resolve code-review design rule-of-five tdd-cycle security-audit release towers-of-hanoi".split(
        " ",
      ),
    ),
  );
});

it.each(shipped)("$name has no problem and cooks with values", (file) => {
  const formula = formulaOf(file);
  const isPart = formula.type === "aspect";
  if (isPart) return expect(file.problems).toEqual([]);
  const compiled = tryCook(file, library, { mode: "compile" });
  expect(compiled.problems).toEqual([]);
  const given = compiled.proto === undefined ? {} : someValues(compiled.proto);
  const values = [{ kind: "given", values: given, isTrusted: true }] as const;
  const { proto, problems } = tryCook(file, library, { mode: "runtime", values });
  expect(problems).toEqual([]);
  expect(proto?.steps.length).toBeGreaterThan(0);
});

it.each(shipped)(
  "$name keeps its step texts short enough for a prime, and each says when it is done",
  (file) => {
    for (const step of allSteps(formulaOf(file).steps)) {
      expect(step.description.length, step.id).toBeLessThan(1400);
      if (step.expand === undefined && step.script === undefined && step.loop === undefined)
        expect((step.acceptance ?? "").length, step.id).toBeGreaterThan(0);
    }
  },
);

it.each(shipped)("$name names only commands and flags that exist", (file) => {
  const wrong = textsOf(formulaOf(file)).flatMap((text) =>
    [...text.matchAll(/(?:^|[\s`"'(|;])(gt|bd) ([a-z][^`\n]*)/g)].flatMap(([, program, line = ""]) =>
      problemOf(program === "gt" ? gtProgram : bdProgram, line),
    ),
  );
  expect(wrong).toEqual([]);
});

/** What is wrong with a command line, as far as its first words and its flags tell. */
function problemOf(program: Program, line: string): readonly string[] {
  const words = line.replace(/"[^"]*"/g, "text").split(/[\s,.;:)]+/);
  let level: readonly CommandSpec[] | undefined = program.commands;
  let command: CommandSpec | undefined;
  for (const word of words) {
    const found: CommandSpec | undefined = level === undefined ? undefined : exactCommand(level, word);
    if (found === undefined) break;
    command = found;
    level = found.subcommands;
  }
  if (command === undefined || (command.load === undefined && command.subcommands !== undefined))
    return [`${program.name} ${line}`];
  const known = [...program.globalFlags, ...(command.flags ?? [])].map(({ name }) => `--${name}`);
  return words
    .filter((word) => word.startsWith("--") && !known.includes(word.split("=")[0] ?? ""))
    .map((flag) => `${program.name} ${line}: ${flag}`);
}

it("all steps of mol-polecat-work come one after the other, to the hand-in", () => {
  const { proto } = tryCook(library.require("mol-polecat-work"), library, {
    mode: "runtime",
    values: [{ kind: "given", values: { issue: "gp-a1b2c" }, isTrusted: true }],
  });
  const ids =
    "load-context branch-setup implement commit-changes self-review build-check pre-verify submit-and-exit".split(
      " ",
    );
  expect(proto === undefined ? [] : outline(proto)).toEqual(
    ids.map((id, index) => `${id} [${index === 0 ? "" : ids[index - 1]}] ${index}`),
  );
});
