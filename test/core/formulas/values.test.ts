import { expect, it } from "vitest";
import { holds, parseCondition } from "../../../src/core/formulas/condition.ts";
import { renderConvoyText } from "../../../src/core/formulas/convoy-text.ts";
import { evaluateRange } from "../../../src/core/formulas/range.ts";
import { isRuntimeCondition } from "../../../src/core/formulas/runtime-condition.ts";
import {
  quotedPlaceholders,
  substitute,
  substituteBraces,
  substituteLabel,
  substituteScript,
  substituteTitle,
} from "../../../src/core/formulas/substitute.ts";
import { cooked } from "./library-of.ts";

/** V14 of spec/02 §16. */
const values = new Map([
  ["x", "{{issue}} $(rm -rf /)'"],
  ["issue", "gt-1"],
  ["cmd", "npm test -- --ci"],
]);
const lookUp = (name: string) => values.get(name);
const isCommand = (name: string) => name === "cmd";

it("V14 values are data: never looked at again, quoted in scripts, harmless in labels", () => {
  expect(substituteTitle("Fix {{x}}", lookUp)).toBe("Fix {{issue}} $(rm -rf /)'");
  expect(substitute("\\{{issue}} {{issue}} {{unknown}} {{ issue }}", lookUp)).toBe(
    "{{issue}} gt-1 {{unknown}} {{ issue }}",
  );
  expect(substituteScript("echo {{x}}; {{cmd}}", lookUp, { shell: "bash", isCommand })).toBe(
    "echo '{{issue}} $(rm -rf /)'\\'''; npm test -- --ci",
  );
  expect(substituteScript("print({{x}})", lookUp, { shell: "python3", isCommand })).toBe(
    `print("{{issue}} $(rm -rf /)'")`,
  );
  expect(substituteLabel("area:{{x}}", lookUp)).toBe("area:--issue-----rm--rf-/--");
});

it("a title is one line of at most 500 characters", () => {
  expect(substituteTitle("{{t}}", () => ` a\n\tb\u0007  c${"d".repeat(600)}`)).toBe(
    `a b c${"d".repeat(495)}`,
  );
});

it("single braces are filled in only where they are no other placeholder", () => {
  const braces = new Map([["m", "3"]]);
  const shell = ["$", "{m}"].join("");
  expect(substituteBraces(`{m} {{m}} ${shell} {n} {m}{m}`, braces)).toBe(`3 {{m}} ${shell} {n} 33`);
});

it("placeholders inside quotes of a script are found", () => {
  expect(quotedPlaceholders(`echo {{a}} "{{b}}" '{{c}}' "it's" {{d}} # don't "{{e}}"\n{{f}}`)).toEqual([
    "b",
    "c",
  ]);
});

it.each<readonly [text: string, value: string | undefined, isTrue: boolean]>([
  ["{{v}}", "yes", true],
  ["{{v}}", "Off", false],
  ["{{v}}", undefined, false],
  ["!{{v}}", "0", true],
  ["{{v}} == fast", "fast", true],
  ["{{v}} == 'very fast'", "very fast", true],
  ["{{v}} != fast", "fast", false],
  ["{{v}} != fast", undefined, true],
])("condition %s with %s is %s", (text, value, isTrue) => {
  const condition = parseCondition(text);
  expect(condition === undefined ? undefined : holds(condition, () => value)).toBe(isTrue);
});

it.each(["v", "{{v}} > 1", "!{{v}} == x", "{{v}} ==", "{{v}} {{w}}"])("%s is no condition", (text) => {
  expect(parseCondition(text)).toBeUndefined();
});

it.each<readonly [range: string, first: number, last: number]>([
  ["1..2^{n}-1", 1, 7],
  ["-2..2*(3+1)/2", -2, 4],
  ["2^3^2..512", 512, 512],
  ["7/2..-(-4)", 3, 4],
])("range %s is %d to %d", (range, first, last) => {
  expect(evaluateRange(range, () => "3")).toEqual({ kind: "values", first, last });
});

it.each(["1..", "1..2..3", "1..{n}", "1..x", "2..1", "1..(2"])("%s is no range", (range) => {
  expect(evaluateRange(range, () => undefined).kind).toBe("wrong");
});

it("conditions of a running molecule have the forms of the chapter and no other", () => {
  const good = [
    "docs.status == 'complete'",
    "step.output.found.count > 3",
    "output.ok == true",
    "children(step).all(status == 'complete')",
    "descendants(build).count(status == failed) >= 2",
    "steps.failed > 0",
    "file.exists('dist/app.js')",
    "env.CI == true",
  ];
  expect(good.filter((text) => !isRuntimeCondition(text))).toEqual([]);
  const bad = ["docs", "process.exit(1)", "docs.status = complete", "file.exists(x)", "docs.title == x"];
  expect(bad.filter(isRuntimeCondition)).toEqual([]);
});

it("blocks of a convoy text stay or go with their lines", () => {
  const text = "a\n{{#if pr}}\nPR {{pr}}{{#if deep}}, deep{{/if}}\n{{/if}}\nb {{.pr}}\n";
  expect(renderConvoyText(text, (name) => (name === "pr" ? "7" : undefined))).toBe("a\nPR 7\nb 7");
  expect(renderConvoyText(text, () => "")).toBe("a\nb");
});

it("a convoy cooks to its legs and the synthesis, with the inputs filled in", () => {
  const review = `formula = "review"
[inputs.pr]
required_unless = ["files"]
[inputs.files]
required_unless = ["pr"]
[prompts]
base = """
{{#if pr}}
PR {{pr}}
{{/if}}
{{#if files}}
Files {{files}}
{{/if}}
{{leg.focus}}: {{leg.description}} {{prompts.tone}} -> {{output_path}}
"""
tone = "Be kind to {{pr}}."
[output]
directory = "out/{{date}}"
[[legs]]
id = "style"
focus = "Style"
description = "Look at {{pr}}."
[[legs]]
id = "tests"
focus = "Tests"
[synthesis]
title = "Sum"
description = "All of {{pr}}"
depends_on = ["tests"]
`;
  const { steps } = cooked({ review }, "review", { pr: "{{files}}" });
  expect(steps.map(({ id, needs, wave }) => [id, needs, wave])).toEqual([
    ["style", [], 0],
    ["tests", [], 0],
    ["synthesis", ["tests"], 1],
  ]);
  expect(steps[0]?.description).toBe(
    "PR {{files}}\nStyle: Look at {{files}}. Be kind to {{files}}. -> out/{{date}}/style-findings.md",
  );
  expect(steps[2]?.description).toContain("- tests: out/{{date}}/tests-findings.md");
  expect(() => cooked({ review }, "review")).toThrow("one of pr, files is needed");
  const poured = cooked(
    { review: review.replace("{{date}}", "{{review_id}}") },
    "review",
    { pr: "7" },
    {
      molecule: { id: "gp-mol-k3v9q", isPoured: true },
    },
  );
  expect(poured.steps[1]?.description).toContain("-> out/k3v9q/tests-findings.md");
});

it("ids of the molecule reach the texts, and titles of the root come from its variables", () => {
  const text = `formula = "t"
vars = { title = "", desc = "About {{mol_id}}" }
[[steps]]
id = "a"
title = "{{formula}} v{{formula_version}}"
description = "{{mol_id}} {{step_id}}"
`;
  const given = { title: "Mine" };
  const poured = cooked({ t: text }, "t", given, { molecule: { id: "gp-mol-1", isPoured: true } });
  expect(poured).toMatchObject({ title: "Mine", description: "About {{mol_id}}" });
  expect(poured.steps[0]).toMatchObject({ title: "t v1", description: "gp-mol-1 gp-mol-1.1" });
  const rootOnly = cooked({ t: text }, "t", given, { molecule: { id: "gp-wisp-1", isPoured: false } });
  expect(rootOnly.steps[0]?.description).toBe("gp-wisp-1 gp-wisp-1:a");
});
