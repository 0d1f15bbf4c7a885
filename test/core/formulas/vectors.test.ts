import { expect, it } from "vitest";
import { protoText } from "../../../src/core/formulas/proto.ts";
import { cooked, outline, problemsOf } from "./library-of.ts";

/** The cooked results that the chapter promises (spec/02 §16), with formulas as the catalogue has them. */
const shiny = `
formula = "shiny"
[vars.feature]
required = true
[vars]
assignee = ""
[[steps]]
id = "design"
title = "Design {{feature}}"
[[steps]]
id = "implement"
title = "Implement {{feature}}"
description = "Build it as designed."
needs = ["design"]
[[steps]]
id = "review"
title = "Review"
needs = ["implement"]
[[steps]]
id = "test"
title = "Test"
needs = ["review"]
[[steps]]
id = "submit"
title = "Submit"
needs = ["test"]
`;

const texts: Readonly<Record<string, string>> = {
  shiny,
  "rule-of-five": `
formula = "rule-of-five"
type = "expansion"
[[template]]
id = "{target}.draft"
title = "Draft: {target.title}"
description = "First attempt at {target}: {target.description}"
${[1, 2, 3, 4]
  .map(
    (n) => `
[[template]]
id = "{target}.refine-${n}"
title = "Refine ${n}"
needs = ["{target}.${n === 1 ? "draft" : `refine-${n - 1}`}"]`,
  )
  .join("\n")}
`,
  "tdd-cycle": `
formula = "tdd-cycle"
type = "expansion"
${["write-tests", "verify-red", "implement", "verify-green", "refactor"]
  .map(
    (id, index, ids) => `
[[template]]
id = "{target}.${id}"
title = "${id}"
${index === 0 ? "" : `needs = ["{target}.${ids[index - 1]}"]`}`,
  )
  .join("\n")}
`,
  "lint-test": `
formula = "lint-test"
type = "expansion"
[vars]
cmd = "npm test"
[[template]]
id = "{target}.lint"
title = "Lint"
[[template]]
id = "{target}.unit"
title = "Run {cmd}"
[[template]]
id = "{target}.merge"
title = "Merge"
needs = ["{target}.lint", "{target}.unit"]
`,
  "security-audit": `
formula = "security-audit"
type = "aspect"
[[advice]]
target = "implement"
[advice.around]
before = [{ id = "{step.id}-security-prescan", title = "Prescan" }]
after = [{ id = "{step.id}-security-postscan", title = "Postscan" }]
[[advice]]
target = "submit"
before = { id = "{step.id}-security-prescan", title = "Last scan of {step.title}" }
`,
  logging: `
formula = "logging"
type = "aspect"
[[advice]]
target = "*"
[advice.around]
before = [{ id = "{step.id}-log-start" }]
after = [{ id = "{step.id}-log-end" }]
[[pointcuts]]
glob = "test"
[[pointcuts]]
label = "audited"
`,
  "shiny-enterprise": `
formula = "shiny-enterprise"
extends = ["shiny"]
[[compose.expand]]
target = "implement"
with = "rule-of-five"
`,
  "shiny-secure": `
formula = "shiny-secure"
extends = ["shiny"]
[compose]
aspects = ["security-audit"]
`,
  v3: `
formula = "v3"
extends = ["shiny-enterprise"]
[compose]
aspects = ["security-audit"]
`,
  "vec-map-branch": `
formula = "vec-map-branch"
steps = [ {id="prep",title="Prep"}, {id="api.check",title="API",needs=["prep"]}, {id="ui.check",title="UI"}, {id="docs",title="Docs"}, {id="ship",title="Ship"} ]
[[compose.map]]
select = "*.check"
with = "lint-test"
vars = { cmd = "make check" }
[[compose.branch]]
from = "prep"
steps = ["api.check", "ui.check", "docs"]
join = "ship"
[[compose.gate]]
before = "ship"
condition = "docs.status == 'complete'"
`,
  v5: `
formula = "v5"
vars = { n = "2" }
[[steps]]
id = "setup"
title = "Set up"
[[steps]]
id = "round"
title = "Round"
needs = ["setup"]
[steps.loop]
range = "1..{n}"
var = "r"
body = [
  { id = "build", title = "Build {r}" },
  { id = "tries", title = "Tries", needs = ["build"], loop = { count = 2, var = "t", body = [{ id = "probe", title = "Probe {r}/{t}" }] } },
]
[[steps]]
id = "report"
title = "Report"
needs = ["round"]
`,
  v6: `
formula = "v6"
[[steps]]
id = "scan"
title = "Scan"
[[steps]]
id = "shard"
title = "Shard"
needs = ["scan"]
[steps.loop]
count = 3
var = "k"
parallel = true
body = [{ id = "run", title = "Run {k}" }, { id = "store", title = "Store {k}", needs = ["run"] }]
[[steps]]
id = "join"
title = "Join"
needs = ["shard"]
`,
  v7: `
formula = "v7"
vars = { docs = "true", tier = "fast" }
steps = [
  { id = "a", title = "A" },
  { id = "b", title = "B", needs = ["a"], condition = "{{docs}}" },
  { id = "c", title = "C", needs = ["b"], condition = "{{tier}} != fast" },
  { id = "d", title = "D", needs = ["c", "b"] },
]
`,
  v8a: `
formula = "v8a"
steps = [{ id = "one", title = "1" }, { id = "two", title = "of A", needs = ["one"] }]
`,
  v8b: `
formula = "v8b"
steps = [{ id = "two", title = "of B" }, { id = "three", title = "3", needs = ["two"] }]
`,
  v8: `
formula = "v8"
extends = ["v8a", "v8b"]
`,
  "v8-own": `
formula = "v8-own"
extends = ["v8a", "v8b"]
steps = [{ id = "two", title = "own", needs = ["one"] }, { id = "four", title = "4", needs = ["three"] }]
`,
  v9: `
formula = "v9"
extends = ["shiny"]
steps = [{ id = "implement", title = "Implement", needs = ["design"], labels = ["audited"] }]
[compose]
aspects = ["logging", "security-audit"]
`,
  v10: `
formula = "v10"
steps = [
  { id = "plan", title = "Plan" },
  { id = "impl", needs = ["plan"], expand = "lint-test" },
  { id = "impl2", needs = ["impl"], expand = "lint-test" },
]
`,
  v11: `
formula = "v11"
steps = [{ id = "a", title = "A" }, { id = "b", title = "B", needs = ["a"] }, { id = "c", title = "C", needs = ["b"] }]
[[advice]]
target = "*"
before = { id = "{step.id}-note", title = "Note {step.title}" }
[[compose.expand]]
target = "b"
with = "tdd-cycle"
[[compose.branch]]
from = "a"
steps = ["b"]
join = "c"
`,
  v13: `
formula = "v13"
steps = [{ id = "a", title = "A", needs = ["b"] }, { id = "b", title = "B" }]
[[compose.branch]]
from = "a"
steps = ["b"]
join = "a"
`,
};

const feature = { feature: "Dark mode" };
const chain = (...ids: readonly string[]) =>
  ids.map((id, index) => `${id} [${index === 0 ? "" : ids[index - 1]}] ${index}`);

it.each([
  {
    vector: "V1 an expansion in the place of an inherited step",
    name: "shiny-enterprise",
    given: feature,
    steps: chain(
      "design",
      "implement.draft",
      ...[1, 2, 3, 4].map((n) => `implement.refine-${n}`),
      "review",
      "test",
      "submit",
    ),
  },
  {
    vector: "V2 an aspect around and in front of steps",
    name: "shiny-secure",
    given: feature,
    steps: chain(
      "design",
      "implement-security-prescan",
      "implement",
      "implement-security-postscan",
      "review",
      "test",
      "submit-security-prescan",
      "submit",
    ),
  },
  {
    vector: "V3 an aspect around an expanded unit",
    name: "v3",
    given: feature,
    steps: chain(
      "design",
      "implement-security-prescan",
      "implement.draft",
      ...[1, 2, 3, 4].map((n) => `implement.refine-${n}`),
      "implement-security-postscan",
      "review",
      "test",
      "submit-security-prescan",
      "submit",
    ),
  },
  {
    vector: "V4 map, branch and gate",
    name: "vec-map-branch",
    given: {},
    steps: [
      "prep [] 0",
      "api.check.lint [prep] 1",
      "api.check.unit [prep] 1",
      "api.check.merge [api.check.lint, api.check.unit] 2",
      "ui.check.lint [prep] 1",
      "ui.check.unit [prep] 1",
      "ui.check.merge [ui.check.lint, ui.check.unit] 2",
      "docs [prep] 1",
      "ship [api.check.merge, ui.check.merge, docs] 3",
    ],
  },
  {
    vector: "V5 nested loops",
    name: "v5",
    given: {},
    steps: chain(
      "setup",
      "round.iter1.build",
      "round.iter1.tries.iter1.probe",
      "round.iter1.tries.iter2.probe",
      "round.iter2.build",
      "round.iter2.tries.iter1.probe",
      "round.iter2.tries.iter2.probe",
      "report",
    ),
  },
  {
    vector: "V5 with one round",
    name: "v5",
    given: { n: "1" },
    steps: chain(
      "setup",
      "round.iter1.build",
      "round.iter1.tries.iter1.probe",
      "round.iter1.tries.iter2.probe",
      "report",
    ),
  },
  {
    vector: "V6 a parallel loop",
    name: "v6",
    given: {},
    steps: [
      "scan [] 0",
      "shard.iter1.run [scan] 1",
      "shard.iter1.store [shard.iter1.run] 2",
      "shard.iter2.run [scan] 1",
      "shard.iter2.store [shard.iter2.run] 2",
      "shard.iter3.run [scan] 1",
      "shard.iter3.store [shard.iter3.run] 2",
      "join [shard.iter1.store, shard.iter2.store, shard.iter3.store] 3",
    ],
  },
  { vector: "V7 conditions", name: "v7", given: {}, steps: chain("a", "b", "d") },
  {
    vector: "V7 with other values",
    name: "v7",
    given: { docs: "no", tier: "deep" },
    steps: ["a [] 0", "c [a] 1", "d [c, a] 2"],
  },
  { vector: "V7 with both out", name: "v7", given: { docs: "0" }, steps: chain("a", "d") },
  {
    vector: "V8 a step that the child redefines",
    name: "v8-own",
    given: {},
    steps: chain("one", "two", "three", "four"),
  },
  {
    vector: "V9 aspects like the skins of an onion",
    name: "v9",
    given: feature,
    steps: chain(
      "design",
      "implement-log-start",
      "implement-security-prescan",
      "implement",
      "implement-security-postscan",
      "implement-log-end",
      "review",
      "test-log-start",
      "test",
      "test-log-end",
      "submit-security-prescan",
      "submit",
    ),
  },
  {
    vector: "V10 chained expansions",
    name: "v10",
    given: {},
    steps: [
      "plan [] 0",
      "impl.lint [plan] 1",
      "impl.unit [plan] 1",
      "impl.merge [impl.lint, impl.unit] 2",
      "impl2.lint [impl.merge] 3",
      "impl2.unit [impl.merge] 3",
      "impl2.merge [impl2.lint, impl2.unit] 4",
    ],
  },
  {
    vector: "V11 own advice, an expansion and a branch",
    name: "v11",
    given: {},
    steps: chain(
      "a-note",
      "a",
      "b-note",
      "b.write-tests",
      "b.verify-red",
      "b.implement",
      "b.verify-green",
      "b.refactor",
      "c-note",
      "c",
    ),
  },
])("$vector", ({ name, given, steps }) => {
  const proto = cooked(texts, name, given);
  expect(outline(proto)).toEqual(steps);
  expect(proto.steps.map(({ index }) => index)).toEqual(steps.map((_, index) => index + 1));
  expect(protoText(cooked(texts, name, given))).toBe(protoText(proto));
});

it("an expanded step keeps what its author wrote, and no placeholder is left", () => {
  const { steps, source } = cooked(texts, "shiny-enterprise", feature);
  const draft = steps[1];
  expect(draft?.description).toContain("Build it as designed.");
  expect(draft).toMatchObject({
    title: "Draft: Implement Dark mode",
    origin: "implement",
    source: { formula: "rule-of-five", location: "template[0]" },
  });
  expect(JSON.stringify(steps)).not.toContain("{target");
  expect(source.chain).toEqual(["shiny-enterprise", "shiny"]);
});

it("variables of map reach the template, and the gate makes beads necessary", () => {
  const proto = cooked(texts, "vec-map-branch");
  expect(proto.steps[2]?.title).toBe("Run make check");
  expect(proto.steps[8]?.gate).toEqual({ type: "condition", await_id: "docs.status == 'complete'" });
  expect(proto.needs_beads).toBe(true);
  expect(proto.critical_path).toEqual(["prep", "api.check.lint", "api.check.merge", "ship"]);
});

it("loop variables are filled in", () => {
  expect(cooked(texts, "v5").steps[6]?.title).toBe("Probe 2/2");
});

it("V7 an overlay that skips a step, and one for a step that is not there", () => {
  const skip = (stepId: string) => ({ stepId, mode: "skip", description: "" }) as const;
  const overlay = { path: "rig.toml", sha256: "", overrides: [skip("b"), skip("zz")] };
  expect(outline(cooked(texts, "v7", {}, { overlay }))).toEqual(chain("a", "d"));
  const stale = problemsOf(texts, "v7", {}, { overlay }).filter(({ message }) => message.includes("stale"));
  expect(stale.map(({ message }) => message)).toEqual([expect.stringContaining('"zz"')]);
});

it("V8 a child that redefines it takes its own text", () => {
  expect(cooked(texts, "v8-own").steps[1]?.title).toBe("own");
});

it.each([
  { vector: "V5 no round at all", name: "v5", given: { n: "0" }, code: "F025", names: ["before its start"] },
  {
    vector: "V8 two parents with one step",
    name: "v8",
    given: {},
    code: "F044",
    names: ["two", "v8a", "v8b"],
  },
  { vector: "V13 a cycle by a branch", name: "v13", given: {}, code: "F020", names: ["a -> b -> a"] },
])("$vector is $code", ({ name, given, code, names }) => {
  const problems = problemsOf(texts, name, given);
  expect(problems.map((problem) => problem.code)).toEqual([code]);
  for (const word of names) expect(problems[0]?.message).toContain(word);
});
