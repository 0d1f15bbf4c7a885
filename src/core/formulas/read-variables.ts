import { type Variable, type VariableType, variableTypes } from "./formula.ts";
import { namesHint } from "./problem.ts";
import { defined } from "./read-steps.ts";
import type { TableReader } from "./read-table.ts";
import { valueProblem } from "./variable-value.ts";

const variableName = /^[a-zA-Z_][a-zA-Z0-9_]*$/;

/** Values that nobody can set (spec/02 §4.3); those of a run exist in convoys only. */
const readOnlyNames = ["formula", "formula_version", "mol_id", "step_id"] as const;
export const readOnlyInRuns = [...readOnlyNames, "run_id", "review_id", "design_id", "output_path"] as const;

/** `[vars]`: a bare value is a default (spec/02 §2.3). */
export function readVariables(table: TableReader | undefined): ReadonlyMap<string, Variable> {
  const variables = new Map<string, Variable>();
  for (const name of table?.keys() ?? []) {
    if (table === undefined || !isName(table, name, readOnlyNames)) continue;
    const value = table.value(name);
    if (typeof value !== "object" || value === null || Array.isArray(value) || value instanceof Date) {
      const text = table.scalar(name);
      if (text !== undefined)
        variables.set(name, { description: "", required: false, type: "string", default: text });
      continue;
    }
    const reader = table.table(name);
    if (reader !== undefined) variables.set(name, readVariable(reader, variableTypes));
  }
  return variables;
}

/** `[inputs]` of a convoy formula (spec/02 §2.11). */
export function readInputs(table: TableReader | undefined): ReadonlyMap<string, Variable> {
  const inputs = new Map<string, Variable>();
  for (const name of table?.keys() ?? []) {
    if (table === undefined || !isName(table, name, readOnlyInRuns)) continue;
    const reader = table.table(name);
    if (reader === undefined) continue;
    const requiredUnless = reader.texts("required_unless");
    for (const [index, other] of requiredUnless.entries())
      if (!table.keys().includes(other))
        reader.log.add("F037", reader.at(`required_unless[${index}]`), `unknown input "${other}"`, {
          fix: namesHint(other, table.keys(), "input"),
        });
    const input = readVariable(reader, ["string", "number", "bool", "list"]);
    inputs.set(name, requiredUnless.length === 0 ? input : { ...input, requiredUnless });
  }
  return inputs;
}

function isName(table: TableReader, name: string, readOnly: readonly string[]): boolean {
  table.has(name);
  if (readOnly.includes(name)) {
    table.log.add("F031", table.at(name), `"${name}" is a value that nobody can set`, { fix: "rename it" });
    return false;
  }
  if (variableName.test(name)) return true;
  table.log.add("F031", table.at(name), `"${name}" is not a variable name`, {
    fix: "letters, digits and _, not beginning with a digit",
  });
  return false;
}

function readVariable(reader: TableReader, types: readonly (VariableType | "number")[]): Variable {
  const required = reader.flag("required") ?? false;
  const pattern = reader.text("pattern");
  if (pattern !== undefined) checkPattern(reader, pattern);
  const variable: Variable = {
    description: reader.text("description") ?? "",
    required,
    type: reader.choice("type", types) ?? "string",
    ...defined({
      default: reader.scalar("default"),
      enum: reader.has("enum") ? reader.texts("enum") : undefined,
      pattern,
    }),
  };
  if (required && reader.has("default"))
    reader.log.add("F032", reader.at("default"), "a required variable has no default", {
      fix: "drop one of them",
    });
  const problem = variable.default ? valueProblem(variable, variable.default) : undefined;
  if (problem !== undefined)
    reader.log.add("F033", reader.at("default"), `the default "${variable.default}" ${problem}`);
  reader.has("required_unless");
  reader.finish();
  return variable;
}

function checkPattern(reader: TableReader, pattern: string): void {
  try {
    new RegExp(pattern, "u");
  } catch (error) {
    reader.log.add("F034", reader.at("pattern"), `"${pattern}" is not a regular expression`, {
      why: (error as Error).message,
    });
  }
}
