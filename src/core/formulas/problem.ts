import { GtError } from "../gt-error.ts";
import { editDistance } from "../nearest-name.ts";

/** One thing that is wrong with a formula, in the terms of the table of spec/02 §3.2. */
export interface Problem {
  /** `F001` to `F067`. */
  readonly code: string;
  readonly severity: "error" | "warning";
  /** As shown: relative to the current directory, or `embedded:<name>`. */
  readonly file: string;
  /** One-based; absent when it is not known. */
  readonly line?: number;
  /** Where in the file: `steps[2].needs[0]`. */
  readonly key: string;
  readonly message: string;
  readonly why?: string;
  readonly fix?: string;
}

export type ProblemNotes = Partial<Pick<Problem, "why" | "fix" | "severity" | "line">>;

/** So many problems of one file are told. */
const limit = 50;

/** Collects what is wrong with one file, so that all of it can be told at once (spec/02 §3.1). */
export class ProblemLog {
  readonly file: string;
  readonly #lineOf: (key: string) => number | undefined;
  readonly #problems: Problem[] = [];

  constructor(file: string, lineOf: (key: string) => number | undefined = () => undefined) {
    this.file = file;
    this.#lineOf = lineOf;
  }

  get problems(): readonly Problem[] {
    return this.#problems;
  }

  get hasErrors(): boolean {
    return this.#problems.some(({ severity }) => severity === "error");
  }

  add(code: string, key: string, message: string, notes: ProblemNotes = {}): void {
    const severity = notes.severity ?? "error";
    if (this.#problems.length >= limit && !this.#makeRoom(severity)) return;
    const line = notes.line ?? this.#lineOf(key);
    this.#problems.push({
      code,
      severity,
      file: this.file,
      ...(line === undefined ? {} : { line }),
      key,
      message,
      ...(notes.why === undefined ? {} : { why: notes.why }),
      ...(notes.fix === undefined ? {} : { fix: notes.fix }),
    });
  }

  /** What stops the formula is told rather than what only looks odd. */
  #makeRoom(severity: Problem["severity"]): boolean {
    const last = this.#problems.findLastIndex((problem) => problem.severity === "warning");
    if (severity === "warning" || last < 0) return false;
    this.#problems.splice(last, 1);
    return true;
  }

  warn(code: string, key: string, message: string, notes: ProblemNotes = {}): void {
    this.add(code, key, message, { ...notes, severity: "warning" });
  }
}

/** The text form of spec/02 §3.1: the problem, then indented why and fix. */
export function problemLines(problem: Problem): readonly string[] {
  const place = problem.line === undefined ? problem.file : `${problem.file}:${problem.line}`;
  const key = problem.key === "" ? "" : `${problem.key}: `;
  return [
    `${problem.severity} ${problem.code}: ${place}: ${key}${problem.message}`,
    ...(problem.why === undefined ? [] : [`  why: ${problem.why}`]),
    ...(problem.fix === undefined ? [] : [`  fix: ${problem.fix}`]),
  ];
}

const variableCodes = new Set(["F056", "F057", "F058", "F059", "F060", "F067"]);

/** A formula that cannot be used. `E_FORMULA_VARS` when only the values given for its variables are wrong. */
export class FormulaError extends GtError {
  readonly problems: readonly Problem[];

  constructor(name: string, problems: readonly Problem[]) {
    const errors = problems.filter(({ severity }) => severity === "error");
    const isValues = errors.every(({ code }) => variableCodes.has(code));
    const [only] = errors;
    const what =
      errors.length === 1 && only !== undefined
        ? `formula "${name}": ${only.message}`
        : `formula "${name}" has ${errors.length} problems`;
    super(isValues ? "E_FORMULA_VARS" : "E_FORMULA", what, {
      why: errors.flatMap(problemLines),
      hint: only?.code === "F061" ? "gt formula list" : `gt formula show ${name}`,
      details: { problems },
    });
    this.problems = problems;
  }
}

/** `did you mean "x"? known <kind>s: a, b` for a name that is none of `known`. */
export function namesHint(typed: string, known: readonly string[], kind: string): string {
  const near = nearestName(typed, known);
  const list =
    known.length === 0
      ? `there are no ${kind}s`
      : `known ${kind}s: ${known.slice(0, 12).join(", ")}${known.length > 12 ? ", ..." : ""}`;
  return near === undefined ? list : `did you mean "${near}"? ${list}`;
}

/** The name with the smallest edit distance, at most three (spec/02 §3.1). */
export function nearestName(typed: string, known: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = 4;
  for (const name of known) {
    const distance = editDistance(typed, name);
    if (distance < least && distance < Math.max(typed.length, name.length)) [best, least] = [name, distance];
  }
  return best;
}
