import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openLibrary } from "../../../src/core/formulas/open-library.ts";
import { parseOverrides } from "../../../src/core/formulas/overlay.ts";
import { FormulaError, ProblemLog, problemLines } from "../../../src/core/formulas/problem.ts";
import { parseAssignments } from "../../../src/core/formulas/variable-values.ts";
import { temporaryDirectory } from "../../support/temporary-directory.ts";
import { formulaFile, problemsOf } from "./library-of.ts";

const head = 'formula = "f"\n';
const step = (more: string) => `${head}[[steps]]\nid = "a"\ntitle = "A"\n${more}\n`;
const two = (more: string) => `${step("")}[[steps]]\nid = "b"\ntitle = "B"\n${more}\n`;
const leg = `${head}[[legs]]\nid = "one"\n`;

/** What else can be named. */
const others = {
  part: 'formula = "part"\ntype = "expansion"\n[[template]]\nid = "{target}.x"\ntitle = "X"\n',
  needy:
    'formula = "needy"\ntype = "expansion"\n[vars.must]\nrequired = true\n[[template]]\nid = "{target}.x"\ntitle = "{must}"\n',
  gated:
    'formula = "gated"\ntype = "expansion"\n[[template]]\nid = "{target}.x"\ntitle = "X"\ngate = { type = "human" }\n',
  selfish: 'formula = "selfish"\ntype = "expansion"\n[[template]]\nid = "{target}.x"\nexpand = "selfish"\n',
  look: 'formula = "look"\ntype = "aspect"\n[[advice]]\ntarget = "*"\nbefore = { id = "{step.id}-look" }\n',
  loop1: 'formula = "loop1"\nextends = ["loop2"]\n',
  loop2: 'formula = "loop2"\nextends = ["loop1"]\n',
};

it.each<readonly [code: string, key: string, text: string]>([
  ["F003", "", 'formula = "f"\nformula = "g"\n'],
  ["F003", "", `${head}vars = { x = "1" }\n[vars.x]\ndefault = "1"\n`],
  ["F005", "steps[0].title", `${head}[[steps]]\nid = "a"\ntitle = 1\n`],
  ["F005", "steps[1].needs[1]", two('needs = ["a", 1]')],
  ["F005", "vars.n", `${step("")}[vars]\nn = 99999999999999999999\n`],
  ["F005", "vars.day", `${step("")}[vars]\nday = 2026-01-01\n`],
  ["F005", "steps[0].metadata.mol", step('metadata = { mol = "x" }')],
  ["F006", "__proto__", `${step("")}["__proto__"]\nx = 1\n`],
  ["F007", "formula", '[[steps]]\nid = "a"\ntitle = "A"\n'],
  ["F008", "formula", step("").replace('"f"', '"g"')],
  ["F009", "formula", step("").replace('"f"', '"F!"')],
  ["F010", "type", `${head}type = "dance"\n${step("").slice(head.length)}`],
  ["F011", "version", `${head}version = 0\n${step("").slice(head.length)}`],
  ["F012", "legs", `${head}type = "workflow"\n[[legs]]\nid = "x"\n${step("").slice(head.length)}`],
  [
    "F012",
    "aspects",
    `${head}type = "aspect"\naspects = ["x"]\n[[advice]]\ntarget = "*"\nbefore = { id = "{step.id}-x" }\n`,
  ],
  ["F013", "steps", head],
  ["F014", "steps[0].id", `${head}[[steps]]\ntitle = "A"\n`],
  ["F015", "steps[0].id", step("").replace('"a"', '"a b"')],
  ["F016", "steps[1].id", two("").replace('"b"', '"a"')],
  ["F017", "steps[0].title", `${head}[[steps]]\nid = "a"\n`],
  ["F018", "steps[0].needs[0]", step('needs = ["z"]')],
  ["F019", "steps[0].needs[0]", step('needs = ["a"]')],
  ["F019", "steps[0].children[0].needs[0]", step('children = [{ id = "c", title = "C", needs = ["a"] }]')],
  ["F020", "steps[0].needs", `${two('needs = ["a"]').replace('title = "A"', 'title = "A"\nneeds = ["b"]')}`],
  ["F021", "steps[0].priority", step("priority = 5")],
  ["F022", "steps[0].type", step('type = "story"')],
  ["F023", "steps[0].waits_for", step('waits_for = "some"')],
  ["F023", "steps[0].waits_for", step('waits_for = "all-children"')],
  ["F023", "steps[0].waits_for", step('waits_for = "children-of(z)"')],
  ["F024", "steps[0].loop", step("loop = { count = 1 }")],
  ["F024", "steps[0].loop", step('loop = { count = 1, range = "1..2", body = [{ id = "x", title = "X" }] }')],
  [
    "F024",
    "steps[0].loop",
    step('loop = { until = "step.status == done", body = [{ id = "x", title = "X" }] }'),
  ],
  [
    "F024",
    "steps[0].loop",
    step('expand = "part"\nloop = { count = 1, body = [{ id = "x", title = "X" }] }'),
  ],
  ["F025", "steps[0].loop.range", step('loop = { range = "1..2/0", body = [{ id = "x", title = "X" }] }')],
  ["F025", "steps[0].loop.range", step('loop = { range = "1..{n}", body = [{ id = "x", title = "X" }] }')],
  ["F025", "steps[0].loop.range", step('loop = { range = "1..9999", body = [{ id = "x", title = "X" }] }')],
  ["F026", "steps[0].gate.type", step('gate = { type = "conditional" }')],
  ["F027", "steps[0].gate", step('gate = { type = "gh:pr" }')],
  ["F027", "steps[0].gate", step('gate = { type = "timer" }')],
  ["F027", "steps[0].gate.timeout", step('gate = { type = "timer", timeout = "soon" }')],
  [
    "F027",
    "steps[0].gate.timeout",
    `${step('gate = { type = "timer", timeout = "{{wait}}" }')}[vars]\nwait = "soon"\n`,
  ],
  ["F027", "steps[0].expand", step('expand = "gated"\ngate = { type = "human" }')],
  ["F028", "steps[0].condition", step('condition = "perhaps"')],
  ["F029", "steps[0].on_complete", step('on_complete = { for_each = "output.x" }')],
  ["F029", "steps[0].on_complete", step('on_complete = { for_each = "x", bond = "part" }')],
  ["F030", "steps[0].run", step('run = " "')],
  ["F030", "steps[0].run", step('run = "true"\ninteractive = true')],
  ["F030", "steps[0].timeout", step('timeout = "30m"')],
  ["F031", "vars.mol_id", `${step("")}[vars]\nmol_id = "x"\n`],
  ["F031", "vars.a-b", `${step("")}[vars]\na-b = "x"\n`],
  ["F032", "vars.x.default", `${step("")}[vars.x]\nrequired = true\ndefault = "1"\n`],
  ["F033", "vars.x.default", `${step("")}[vars.x]\ntype = "int"\ndefault = "one"\n`],
  ["F034", "vars.x.pattern", `${step("")}[vars.x]\npattern = "("\n`],
  ["F035", "legs[0].id", `${head}[[legs]]\nid = "synthesis"\n`],
  ["F035", "legs[1].id", `${leg}[[legs]]\nid = "one"\n`],
  ["F036", "synthesis.depends_on[0]", `${leg}[synthesis]\ntitle = "S"\ndepends_on = ["two"]\n`],
  ["F037", "inputs.x.required_unless[0]", `${leg}[inputs.x]\nrequired_unless = ["y"]\n`],
  ["F038", "presets.p.legs", `${leg}[presets.p]\nlegs = []\n`],
  ["F038", "default_preset", `${head}default_preset = "q"\n${leg.slice(head.length)}`],
  ["F039", "legs[0].description", `${leg}description = "{{range .changed_files}}x{{end}}"\n`],
  ["F039", "prompts.base", `${leg}[prompts]\nbase = "{{#if x}}y"\n`],
  ["F039", "synthesis.description", `${leg}[synthesis]\ntitle = "S"\ndescription = "{{/if}}"\n`],
  ["F040", "output.directory", `${leg}[output]\ndirectory = "../out"\n`],
  [
    "F040",
    "output.directory",
    `${leg}[inputs.d]\ndefault = "/etc"\n[output]\ndirectory = "{{d}}"\n[synthesis]\ntitle = "S"\n`,
  ],
  ["F041", "extends[0]", `${head}extends = ["nobody"]\n`],
  ["F042", "extends", others.loop1],
  ["F043", "extends[0]", `${head}type = "workflow"\nextends = ["part"]\n`],
  ["F045", "compose.expand[0].target", `${step("")}[[compose.expand]]\ntarget = "z"\nwith = "part"\n`],
  [
    "F045",
    "compose.expand[0].target",
    `${step('loop = { count = 1, body = [{ id = "x", title = "X" }] }')}[[compose.expand]]\ntarget = "a"\nwith = "part"\n`,
  ],
  ["F046", "steps[0].expand", step('expand = "look"')],
  ["F046", "compose.aspects[0]", `${step("")}[compose]\naspects = ["part"]\n`],
  ["F046", "type", others.look],
  ["F047", "template[0].id", `${head}type = "expansion"\n[[template]]\nid = "x"\ntitle = "X"\n`],
  ["F048", "template[0].expand", step('expand = "selfish"')],
  [
    "F049",
    "",
    `${step('loop = { range = "1..5000", body = [{ id = "x", title = "X" }, { id = "y", title = "Y" }, { id = "z", title = "Z" }] }')}`,
  ],
  ["F050", "template[0]", `${two('expand = "part"').replace('"a"', '"b.x"')}`],
  ["F051", "compose.branch[0].join", `${two("")}[[compose.branch]]\nfrom = "a"\nsteps = ["b"]\njoin = "z"\n`],
  [
    "F052",
    "compose.gate[0].before",
    `${step("")}[[compose.gate]]\nbefore = "z"\ncondition = "a.status == 'complete'"\n`,
  ],
  ["F052", "compose.gate[0].condition", `${step("")}[[compose.gate]]\nbefore = "a"\ncondition = "now"\n`],
  ["F053", "compose.bond_points[0]", `${step("")}[[compose.bond_points]]\nid = "p"\n`],
  ["F053", "compose.bond_points[0]", `${step("")}[[compose.bond_points]]\nid = "p"\nafter_step = "z"\n`],
  ["F055", "advice[0]", `${head}type = "aspect"\n[[advice]]\nbefore = { id = "{step.id}-x" }\n`],
  ["F056", "x", `${step('description = "{{x}}"')}[vars.x]\ndescription = "what x is"\n`],
  ["F056", "compose.expand[0].with", `${step("")}[[compose.expand]]\ntarget = "a"\nwith = "needy"\n`],
  [
    "F058",
    "compose.expand[0].with",
    `${step("")}[[compose.expand]]\ntarget = "a"\nwith = "part"\nvars = { z = "1" }\n`,
  ],
])("%s at %s", (code, key, text) => {
  const name = text === others.loop1 ? "loop1" : text === others.look ? "look" : "f";
  const errors = problemsOf({ ...others, [name]: text }, name).filter(({ severity }) => severity === "error");
  expect(errors.map((problem) => `${problem.code} ${problem.key}`)).toEqual([`${code} ${key}`]);
});

it.each<readonly [code: string, key: string, text: string]>([
  ["F006", "steps[0].prioritty", step("prioritty = 1")],
  ["F006", "steps[0].parallel", step("parallel = true")],
  ["F006", "compose.hooks", `${step("")}[compose]\nhooks = []\n`],
  ["F064", "compose.map[0].select", `${step("")}[[compose.map]]\nselect = "z*"\nwith = "part"\n`],
  ["F065", "steps[0]", step('description = "{{nobody_knows}}"')],
  ["F066", "steps[0].run", step("run = 'echo \"{{date}}\"'")],
])("%s at %s is a warning", (code, key, text) => {
  const problems = problemsOf({ ...others, f: text }, "f");
  expect(problems.map((problem) => `${problem.code} ${problem.key} ${problem.severity}`)).toEqual([
    `${code} ${key} warning`,
  ]);
});

const declared = `${step('description = "{{n}}{{c}}"\nrun = "{{c}}"')}[vars.n]\ntype = "int"\ndefault = 1\n[vars.c]\ntype = "command"\ndefault = ""\n`;

it.each<readonly [code: string, given: Readonly<Record<string, string>>, isTrusted: boolean]>([
  ["F057", { n: "one" }, true],
  ["F058", { m: "1" }, true],
  ["F058", { mol_id: "1" }, true],
  ["F060", { n: "\0" }, true],
  ["F060", { c: "x".repeat(32 * 1024 + 1) }, true],
  ["F067", { c: "rm -rf /" }, false],
])("%s for what was given", (code, values, isTrusted) => {
  const problems = problemsOf({ f: declared }, "f", {}, { values: [{ kind: "given", values, isTrusted }] });
  expect(problems.map((problem) => problem.code)).toEqual([code]);
});

it("F059 for a word that assigns nothing, and the later of two values counts", () => {
  const log = new ProblemLog("f");
  expect(parseAssignments(["a=1", "b", "a=2=3"], log)).toEqual({ a: "2=3" });
  expect(log.problems.map(({ code }) => code)).toEqual(["F059"]);
});

it("at most fifty problems of a file are told, and no number of warnings hides an error", () => {
  const odd = `${Array.from({ length: 60 }, (_, n) => `odd${n} = 1\n`).join("")}${step("priority = 9")}`;
  const { problems, formula } = formulaFile("f", odd);
  expect(formula).toBeUndefined();
  expect(problems).toHaveLength(50);
  expect(problems.map(({ code }) => code)).toContain("F021");
  const many = `${head}${Array.from({ length: 60 }, () => '[[steps]]\nid = "a"\n').join("")}`;
  expect(formulaFile("f", many).problems).toHaveLength(50);
});

it("F001, F002, F004, F008 and F061 for files", () => {
  const root = temporaryDirectory();
  const directory = join(root, ".beads", "formulas");
  mkdirSync(directory, { recursive: true });
  const write = (name: string, text: string) => writeFileSync(join(directory, name), text);
  write("large.formula.toml", `formula = "large"\ndescription = "${"x".repeat(1024 * 1024)}"\n`);
  write("json.formula.json", '{"formula": "json",\n "steps": [}');
  write("twice.formula.toml", 'formula = "twice"\nsteps = [{ id = "a", title = "A" }]\n');
  write("twice.formula.json", "{}");
  write("bom.formula.json", '\uFEFF{"formula":"bom","steps":[{"id":"a","title":"A"}]}\r\n');
  mkdirSync(join(directory, "folder.formula.toml"));
  const library = openLibrary([{ tier: "project", directory }], root);
  const codes = (name: string) => library.find(name)?.problems.map(({ code, line }) => `${code} ${line}`);
  expect(codes("folder")).toEqual(["F001 undefined"]);
  expect(codes("large")).toEqual(["F002 undefined"]);
  expect(codes("json")).toEqual(["F004 2"]);
  expect(codes("twice")).toEqual(["F008 undefined"]);
  expect(library.find("bom")?.formula?.steps.map(({ id }) => id)).toEqual(["a"]);
  expect(library.find("../formulas/twice")).toBeUndefined();
  expect(library.find("twice@1")?.name).toBe("twice");
  expect(library.find("twice@2")).toBeUndefined();
  expect(() => library.require("twise")).toThrow(FormulaError);
  try {
    library.require("twise");
  } catch (error) {
    const [problem] = (error as FormulaError).problems;
    expect(problem).toMatchObject({ code: "F061", why: expect.stringContaining(".beads/formulas") });
    expect(problem?.fix).toContain('did you mean "twice"?');
  }
});

it("F062 for an overlay that is malformed", () => {
  const wrong = '[[step-overrides]]\nstep_id = "a"\nmode = "append"\n';
  expect(() => parseOverrides(wrong, "o.toml", "f")).toThrow(expect.objectContaining({ code: "E_FORMULA" }));
});

it("a problem is shown with its place, why and fix, and the line of its table", () => {
  const text = `${head}\n[[steps]]\nid = "a"\ntitle = "A"\n\n[[steps]]\nid = "b"\ntitle = "B"\nneeds = ["aa"]\n`;
  const [problem] = formulaFile("f", text).problems;
  expect(problem === undefined ? [] : problemLines(problem)).toEqual([
    'error F018: f.formula.toml:7: steps[1].needs[0]: step "b" needs unknown step "aa"',
    "  why: every entry of needs must name a step of this formula or of a parent",
    '  fix: did you mean "a"? known steps: a, b',
  ]);
});
