import type { Variable } from "./formula.ts";
import { namesHint, type ProblemLog } from "./problem.ts";
import { readOnlyInRuns } from "./read-variables.ts";
import { normalValue, textProblem, valueProblem } from "./variable-value.ts";

/** Where values come from, and whether a `command` may come from there (spec/02 §4.4, §9.2). */
export interface ValueSource {
  /** `given`: on the command line, so that an unknown name is a mistake. */
  readonly kind: "given" | "attached" | "context" | "config";
  readonly values: Readonly<Record<string, string>>;
  /** False for text of beads and for what another agent's sling says. */
  readonly isTrusted: boolean;
}

/** Names that have a value without being declared (spec/02 §4.3). */
export const builtInNames: readonly string[] = [
  ..."issue feature issue_title issue_type issue_priority prior_branch prior_failure rig prefix town".split(
    " ",
  ),
  ..."agent_address agent_name base_branch default_branch".split(" "),
  ..."setup_command typecheck_command lint_command test_command build_command".split(" "),
  ..."run_tests target_branch merge_strategy require_review delete_merged_branches judgment_enabled".split(
    " ",
  ),
  ..."review_depth integration_branch_refinery_enabled integration_branch_auto_land date".split(" "),
  ..."pr_number pr_title target_description changed_files files".split(" "),
  ...readOnlyInRuns,
];

export interface FormulaValues {
  readonly lookUp: (name: string) => string | undefined;
  /** Its values go into scripts as they are. */
  readonly isCommand: (name: string) => boolean;
}

/**
 * Merges what the sources say, strongest first, over the declared defaults, and checks it (F057, F058, F060, F067).
 * `own` are values that nobody can set.
 */
export function resolveValues(
  declared: ReadonlyMap<string, Variable>,
  sources: readonly ValueSource[],
  own: Readonly<Record<string, string>>,
  log: ProblemLog,
): FormulaValues {
  const values = new Map<string, string>();
  for (const source of sources)
    for (const [name, value] of Object.entries(source.values)) {
      if (source.kind === "given" && !isKnown(name, declared, log)) continue;
      if (values.has(name)) continue;
      const wrong = textProblem(value);
      if (wrong !== undefined) log.add("F060", name, `the value of "${name}" ${wrong}`);
      else if (declared.get(name)?.type === "command" && !source.isTrusted)
        log.add(
          "F067",
          name,
          `"${name}" is a command, and its value comes from somebody who may not give commands`,
          {
            fix: "set it in the rig's config or on the command line",
          },
        );
      else values.set(name, checked(name, value, declared.get(name), log));
    }
  for (const [name, variable] of declared)
    if (!values.has(name) && variable.default !== undefined)
      values.set(name, variable.default === "" ? "" : normalValue(variable, variable.default));
  for (const [name, value] of Object.entries(own)) values.set(name, value);
  return {
    lookUp: (name) => values.get(name),
    isCommand: (name) => (declared.get(name)?.type ?? builtInType(name)) === "command",
  };
}

const builtInType = (name: string): string =>
  /^(setup|typecheck|lint|test|build)_command$/.test(name) ? "command" : "string";

function isKnown(name: string, declared: ReadonlyMap<string, Variable>, log: ProblemLog): boolean {
  if (declared.has(name)) return true;
  if (readOnlyInRuns.some((own) => own === name)) {
    log.add("F058", name, `"${name}" cannot be set`, { fix: "leave it out: it has its value by itself" });
    return false;
  }
  if (builtInNames.includes(name)) return true;
  log.add("F058", name, `the formula has no variable "${name}"`, {
    fix: namesHint(name, [...declared.keys()], "variable"),
  });
  return false;
}

function checked(name: string, value: string, variable: Variable | undefined, log: ProblemLog): string {
  if (variable === undefined) return value;
  // An empty optional value says "none"; only a required one has to be something.
  if (value === "" && variable.default === "") return value;
  const problem = valueProblem(variable, value);
  if (problem !== undefined)
    log.add("F057", name, `the value "${value.slice(0, 80)}" of "${name}" ${problem}`, {
      ...(variable.description === "" ? {} : { why: variable.description }),
      fix:
        variable.enum === undefined
          ? `--var ${name}=<value>`
          : `one of: ${variable.enum.map((one) => `--var ${name}=${one}`).join(", ")}`,
    });
  return normalValue(variable, value);
}

/** Variables that have no value and must have one: required, or used by a step that is left (F056). */
export function checkMissing(
  declared: ReadonlyMap<string, Variable>,
  { lookUp }: FormulaValues,
  used: ReadonlySet<string>,
  log: ProblemLog,
): void {
  const isGiven = (name: string) => (lookUp(name) ?? "") !== "";
  for (const [name, variable] of declared) {
    const { requiredUnless, required, description } = variable;
    if (requiredUnless !== undefined) {
      if (isGiven(name) || requiredUnless.some(isGiven)) continue;
      log.add("F056", name, `one of ${[name, ...requiredUnless].join(", ")} is needed`, {
        fix: [name, ...requiredUnless].map((one) => `--var ${one}=<value>`).join(" or "),
      });
      return;
    }
    if (lookUp(name) !== undefined || !(required || used.has(name))) continue;
    log.add("F056", name, `"${name}" has no value${description === "" ? "" : `: ${description}`}`, {
      fix: `--var ${name}=<value>`,
    });
  }
}

/** `key=value` words of `--var`, later ones winning; others are F059. */
export function parseAssignments(
  words: readonly string[],
  log: ProblemLog,
): Readonly<Record<string, string>> {
  const values = new Map<string, string>();
  for (const word of words) {
    const at = word.indexOf("=");
    if (at > 0) values.set(word.slice(0, at), word.slice(at + 1));
    else
      log.add("F059", "", `invalid variable format '${word}', expected key=value`, {
        fix: "--var name=value",
      });
  }
  return Object.fromEntries(values);
}
