import type { Variable } from "./formula.ts";

const maxBytes = 32 * 1024;
const booleans: Readonly<Record<string, string>> = {
  true: "true",
  yes: "true",
  on: "true",
  "1": "true",
  false: "false",
  no: "false",
  off: "false",
  "0": "false",
};

/** What is wrong with a value, to follow its name or itself in a sentence; undefined when it fits (spec/02 §2.3). */
export function valueProblem(variable: Variable, value: string): string | undefined {
  if (variable.enum !== undefined && !variable.enum.includes(value))
    return `is none of: ${variable.enum.join(", ")}`;
  if (variable.pattern !== undefined && !matches(variable.pattern, value))
    return `does not match ${variable.pattern}`;
  switch (variable.type) {
    case "int":
      return /^[+-]?\d+$/.test(value) ? undefined : "is not an integer";
    case "number":
      return value.trim() !== "" && Number.isFinite(Number(value)) ? undefined : "is not a number";
    case "bool":
      return Object.hasOwn(booleans, value.toLowerCase()) ? undefined : "is not true or false";
    case "path":
      return isRelativePath(value) ? undefined : "is not a relative path";
    default:
      return undefined;
  }
}

/** What is stored of a value that fits: booleans have one spelling. */
export function normalValue(variable: Variable, value: string): string {
  return variable.type === "bool" ? (booleans[value.toLowerCase()] ?? value) : value;
}

/** Why a text is no value at all (F060); undefined when it is one. */
export function textProblem(value: string): string | undefined {
  if (Buffer.byteLength(value) > maxBytes) return "is larger than 32 KiB";
  if (value.includes("\0")) return "contains NUL";
  return value.isWellFormed() ? undefined : "is not valid text";
}

/** Without NUL, `..` and a root: it stays below the directory that it is put into. */
export function isRelativePath(path: string): boolean {
  return !path.includes("\0") && !/^([/\\]|[A-Za-z]:)/.test(path) && !path.split(/[/\\]/).includes("..");
}

function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern, "u").test(value);
  } catch {
    // The pattern itself is reported as F034.
    return true;
  }
}
