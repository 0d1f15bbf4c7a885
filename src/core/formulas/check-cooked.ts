import type { Composed } from "./composition.ts";
import { findCycle } from "./cycle.ts";
import type { Draft } from "./draft.ts";
import type { Formula } from "./formula.ts";
import { effectiveNeeds } from "./order-steps.ts";
import { namesHint, type ProblemLog } from "./problem.ts";
import { placeholdersIn } from "./substitute.ts";
import { builtInNames } from "./variable-values.ts";

/** What must be true of composed steps before they can be ordered (spec/02 §5.1, stage 14). */
export function checkCooked(steps: readonly Draft[], log: ProblemLog): void {
  const first = new Map<string, Draft>();
  for (const step of steps) {
    const other = first.get(step.id);
    if (other === undefined) first.set(step.id, step);
    else
      log.add("F050", step.source.location, `two steps have the id "${step.id}"`, {
        why: `one from ${whereOf(other)}, one from ${whereOf(step)}`,
        fix: "rename one of them",
      });
  }
  for (const step of steps)
    for (const need of step.needs)
      if (!first.has(need))
        log.add("F018", `${step.source.location}.needs`, `step "${step.id}" needs unknown step "${need}"`, {
          why: "after the composition there is no step of this id",
          fix: namesHint(need, [...first.keys()], "step"),
        });
  if (log.hasErrors) return;
  const cycle = findCycle([...first.keys()], effectiveNeeds(steps));
  if (cycle !== undefined)
    log.add("F020", "steps", `cycle: ${cycle.join(" -> ")}`, { fix: "remove one of these edges" });
}

const whereOf = ({ source }: Draft): string => `${source.location} of ${source.formula}`;

/** Placeholders that will never have a value (F065). Those with a dot belong to convoy texts. */
export function checkPlaceholders(formula: Formula, { steps, vars }: Composed, log: ProblemLog): void {
  const told = new Set<string>();
  const check = (key: string, text: string) => {
    for (const name of placeholdersIn(text)) {
      if (name.includes(".") || vars.has(name) || builtInNames.includes(name) || told.has(name)) continue;
      told.add(name);
      log.warn("F065", key, `{{${name}}} is neither declared nor built in: it stays as it is`, {
        fix: `declare it in [vars], or write <${name}>`,
      });
    }
  };
  check("description", formula.description);
  for (const step of steps) for (const text of textsOf(step)) check(step.source.location, text);
}

/** Variables that the texts of these steps use. */
export function usedNames(formula: Formula, steps: readonly Draft[]): ReadonlySet<string> {
  const texts = [formula.description, ...steps.flatMap(textsOf)];
  return new Set(texts.flatMap(placeholdersIn));
}

function textsOf(step: Draft): readonly string[] {
  const { gate, script } = step;
  return [
    step.title,
    step.description,
    step.acceptance ?? "",
    step.notes ?? "",
    step.assignee ?? "",
    ...step.labels,
    gate?.awaitId ?? "",
    gate?.description ?? "",
    script?.run ?? "",
    ...Object.values(script?.env ?? {}),
    ...Object.values(step.onComplete?.vars ?? {}),
  ];
}
