import { expect, it } from "vitest";
import { type ConditionFacts, evaluateCondition } from "../../../src/core/formulas/evaluate-condition.ts";
import { beadOf } from "../../support/bead-of.ts";

const closed = (id: string, more: object = {}) =>
  beadOf({ id, status: "closed", outcome: "success", ...more });
const build = closed("gt-1.1", { metadata: { output: { count: 10, ok: true, name: "x y" } } });
const filed = [closed("gt-1.1.1", { priority: 0 }), closed("gt-1.1.2", { outcome: "failure", priority: 3 })];
const facts: ConditionFacts = {
  step: "ship",
  steps: new Map([
    ["build", build],
    ["ship", beadOf({ id: "gt-1.2", metadata: { output: { count: 2 } } })],
    ["docs.web", beadOf({ id: "gt-1.3", status: "in_progress" })],
  ]),
  children: (step) => (step === "build" ? filed : []),
  descendants: (step) => (step === "build" ? filed : []),
  fileExists: (path) => path === "dist/app.js",
  env: { CI: "true" },
};

it.each([
  ["build.status == 'complete'", "true"],
  ["docs.web.status == in_progress", "true"],
  ["ship.status != 'complete'", "true"],
  ["build.output.count > 9", "true"], // as numbers: as texts "10" comes before "9"
  ["build.output.ok == true", "true"],
  ['build.output.name == "x y"', "true"],
  ["build.output.nothing == 'x'", "false"],
  ["output.count >= 2", "true"],
  ["step.output.count < 2", "false"],
  ["children(build).all(status == 'complete')", "false"],
  ["children(build).any(status == 'failed')", "true"],
  ["children(step).all(status == 'complete')", "false"],
  ["descendants(build).count(priority == '0') == 1", "true"],
  ["steps.complete >= 1", "true"],
  ["file.exists('dist/app.js')", "true"],
  ["file.exists('/etc/passwd')", "false"],
  ["env.CI == 'true'", "true"],
  ["env.HOME == ''", "true"],
])("%s is %s", (condition, answer) => {
  expect(evaluateCondition(condition, facts)).toBe(answer);
});

it.each(["nobody.status == 'x'", "process.exit(1)", "build.title == 'x'", ""])(
  "nothing is decided by %j",
  (condition) => {
    expect(evaluateCondition(condition, facts)).toEqual({ unknown: expect.any(String) });
  },
);
