import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";
import { allSteps } from "../../src/core/formulas/check-texts.ts";
import { cook, tryCook } from "../../src/core/formulas/cook.ts";
import type { Formula } from "../../src/core/formulas/formula.ts";
import { formulaPlaces } from "../../src/core/formulas/formula-places.ts";
import type { FormulaFile } from "../../src/core/formulas/library.ts";
import { openLibrary } from "../../src/core/formulas/open-library.ts";
import type { Proto } from "../../src/core/formulas/proto.ts";
import { bdProgram } from "../../src/ui/cli/bd-program.ts";
import type { CommandSpec, Program } from "../../src/ui/cli/command.ts";
import { exactCommand } from "../../src/ui/cli/find-command.ts";
import { gtProgram } from "../../src/ui/cli/gt-program.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";
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
      "mol-polecat-work shiny shiny-enterprise shiny-secure mol-polecat-conflict-resolve mol-idea-to-plan code-review design rule-of-five tdd-cycle security-audit release towers-of-hanoi".split(
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
  // Inputs of the formula that is run are flags too.
  const inputs = command.passThrough
    ? words.flatMap((word) => [...(library.find(word)?.formula?.vars.keys() ?? [])])
    : [];
  const flags = [...program.globalFlags, ...(command.flags ?? [])].map(({ name }) => name);
  const known = [...flags, ...inputs].map((name) => `--${name}`);
  return words
    .filter((word) => word.startsWith("--") && !known.includes(word.split("=")[0] ?? ""))
    .map((flag) => `${program.name} ${line}: ${flag}`);
}

const tdd = ["write-tests", "verify-red", "implement", "verify-green", "refactor"].map(
  (id) => `implement.${id}`,
);
const before = ["load-context", "branch-setup"];
const checks = ["commit-changes", "self-review", "build-check", "pre-verify"];

it.each([
  ["mol-polecat-work", [...before, "implement", ...checks, "submit-and-exit"]],
  ["mol-polecat-work-tdd", [...before, ...tdd, ...checks, "submit-and-exit"]],
  [
    "mol-polecat-work-pr",
    [
      ...before,
      "implement",
      ...checks,
      "push-and-create-pr",
      "validate-ci",
      "handle-reviews",
      "submit-and-exit",
    ],
  ],
])("V12 all steps of %s come one after the other, to the hand-in", (name, ids) => {
  const { proto } = tryCook(library.require(name), library, {
    mode: "runtime",
    values: [{ kind: "given", values: { issue: "gp-a1b2c" }, isTrusted: true }],
  });
  expect(proto === undefined ? [] : outline(proto)).toEqual(
    ids.map((id, index) => `${id} [${index === 0 ? "" : ids[index - 1]}] ${index}`),
  );
});

function run(name: string, given: Readonly<Record<string, string>>): Proto {
  const values = [{ kind: "given", values: given, isTrusted: true }] as const;
  return cook(library.require(name), library, { mode: "runtime", values });
}

it("V15 release-gated waits for CI between pushing and checking", () => {
  const { steps, needs_beads, pour } = run("release-gated", { version: "1.2.3" });
  expect(steps).toHaveLength(13);
  expect(steps.map(({ needs }) => needs.length)).toEqual([0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 1]);
  expect(steps[8]).toMatchObject({
    id: "await-ci",
    gate: { type: "gh:run", await_id: "release.yml", timeout: "30m" },
  });
  expect({ needs_beads, pour }).toEqual({ needs_beads: true, pour: true });
});

it("scripts of shipped formulas are what a shell can read", () => {
  const scripts = shipped.flatMap(({ name, formula }) =>
    formula?.steps.some((step) => allSteps([step]).some(({ script }) => script !== undefined))
      ? run(name, formula.vars.has("version") ? { version: "1.2.3" } : {}).steps
      : [],
  );
  const text = scripts.flatMap((step) => step.run ?? []).join("\n");
  expect(text).toContain("git tag");
  const read = spawnSync("bash", ["-n"], { input: text, encoding: "utf8" });
  expect({ status: read.status, stderr: read.stderr }).toEqual({ status: 0, stderr: "" });
});

it.each([1, 2, 3, 4])("the tower of %d disks arrives whole, although every step runs twice", (disks) => {
  const directory = temporaryDirectory();
  const { steps } = run("towers-of-hanoi", { disks: String(disks) });
  expect(steps).toHaveLength(2 ** disks + 1);
  const twice = steps.flatMap((step) => [step.run ?? "", step.run ?? ""]).map((script) => `(\n${script}\n)`);
  const ran = spawnSync("bash", ["-euo", "pipefail"], {
    input: twice.join("\n"),
    encoding: "utf8",
    env: { ...process.env, GT_MOL_DIR: directory },
  });
  expect({ status: ran.status, stderr: ran.stderr }).toEqual({ status: 0, stderr: "" });
  expect(ran.stdout).toContain(`all ${disks} disks went from A over B to C`);
});
