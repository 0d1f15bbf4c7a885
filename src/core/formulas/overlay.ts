import { dropSteps } from "./drop-steps.ts";
import type { Orderable } from "./order-steps.ts";
import { parseText } from "./parse-text.ts";
import { FormulaError } from "./problem.ts";
import { TableReader } from "./read-table.ts";

/** What an operator changes in a formula's steps without touching the formula (spec/02 §6.4). */
export interface Overlay {
  readonly path: string;
  readonly sha256: string;
  readonly overrides: readonly StepOverride[];
}

export interface StepOverride {
  readonly stepId: string;
  readonly mode: "replace" | "append" | "skip";
  readonly description: string;
}

/** Reads the text of an overlay file. Throws a `FormulaError` with F062 when it is malformed. */
export function parseOverrides(text: string, shown: string, formula: string): readonly StepOverride[] {
  const { log, table } = parseText(text, "toml", shown);
  const top = new TableReader(log, "", table ?? {});
  const overrides = top.tables("step-overrides").map((reader): StepOverride => {
    const stepId = reader.text("step_id") ?? "";
    const mode = reader.choice("mode", ["replace", "append", "skip"], "F062");
    const description = reader.text("description") ?? "";
    if (stepId === "")
      log.add("F062", reader.at("step_id"), "the override names no step", { fix: 'step_id = "..."' });
    if (mode === undefined && !reader.has("mode"))
      log.add("F062", reader.at("mode"), "the override has no mode", { fix: "replace, append or skip" });
    if (mode !== undefined && mode !== "skip" && description === "")
      log.add("F062", reader.at("description"), `${mode} needs a description`);
    reader.finish();
    return { stepId, mode: mode ?? "skip", description };
  });
  top.finish();
  if (!log.hasErrors) return overrides;
  const problems = log.problems.map((problem) =>
    problem.severity === "error" ? { ...problem, code: "F062" } : problem,
  );
  throw new FormulaError(formula, problems);
}

/** What overlays can change; cooked steps and stored ones alike. */
export interface Overlayable extends Orderable {
  readonly description: string;
  readonly origin: string;
  readonly overlay?: true;
}

/**
 * The steps with the overrides applied, and the ids of overrides that match nothing any more. An id means a step, else all
 * steps that came from the author's step of that id. `fill` puts the variables' values into the texts.
 */
export function applyOverlay<T extends Overlayable>(
  steps: readonly T[],
  overrides: readonly StepOverride[],
  fill: (text: string) => string,
): { readonly steps: readonly T[]; readonly stale: readonly string[] } {
  const stale: string[] = [];
  const skipped = new Set<string>();
  let changed = steps;
  for (const { stepId, mode, description } of overrides) {
    const exact = changed.filter(({ id }) => id === stepId);
    const hit = exact.length > 0 ? exact : changed.filter(({ origin }) => origin === stepId);
    if (hit.length === 0) stale.push(stepId);
    else if (mode === "skip") for (const { id } of hit) skipped.add(id);
    else {
      const entry = hit.find(({ needs }) => !hit.some(({ id }) => needs.includes(id)));
      const text = fill(description);
      changed = changed.map((step) =>
        step === entry
          ? {
              ...step,
              description: mode === "append" ? `${step.description}\n${text}` : text,
              overlay: true as const,
            }
          : step,
      );
    }
  }
  return { steps: dropSteps(changed, skipped), stale };
}
