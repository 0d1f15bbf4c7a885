import type { ProblemLog } from "./problem.ts";

/** Whether a step is included (spec/02 §4.6). */
export interface StepCondition {
  readonly variable: string;
  readonly test: "truthy" | "falsy" | "equal" | "unequal";
  readonly value: string;
}

const form = /^\s*(!?)\{\{([a-zA-Z_]\w*)\}\}\s*(?:(==|!=)\s*(.*?)\s*)?$/s;
const falsy = new Set(["", "false", "0", "no", "off"]);

/** Undefined when it is none of the forms. */
export function parseCondition(text: string): StepCondition | undefined {
  const match = form.exec(text);
  if (match === null) return undefined;
  const [, not, variable = "", operator, operand] = match;
  if (operator === undefined) return { variable, test: not === "!" ? "falsy" : "truthy", value: "" };
  if (not === "!" || operand === undefined || operand === "") return undefined;
  const quoted = /^(["'])(.*)\1$/s.exec(operand);
  return { variable, test: operator === "==" ? "equal" : "unequal", value: quoted?.[2] ?? operand };
}

/** The same, with a problem (F028) when it is none. */
export function readCondition(text: string, log: ProblemLog, key: string): StepCondition | undefined {
  const condition = parseCondition(text);
  if (condition === undefined)
    log.add("F028", key, `the condition "${text}" is not understood`, {
      fix: "one of: {{v}}, !{{v}}, {{v}} == value, {{v}} != value",
    });
  return condition;
}

/** A variable without a value counts as empty. */
export function holds(condition: StepCondition, lookUp: (name: string) => string | undefined): boolean {
  const value = lookUp(condition.variable) ?? "";
  switch (condition.test) {
    case "truthy":
      return isTruthy(value);
    case "falsy":
      return !isTruthy(value);
    case "equal":
      return value === condition.value;
    case "unequal":
      return value !== condition.value;
  }
}

export function isTruthy(value: string): boolean {
  return !falsy.has(value.toLowerCase());
}
