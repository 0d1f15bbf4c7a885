import { blockProblem } from "./convoy-text.ts";
import type { Formula, Step } from "./formula.ts";
import type { ProblemLog } from "./problem.ts";
import { quotedPlaceholders } from "./substitute.ts";

const control = /\{\{-?\s*(if|range|end|else|with|define|template|block)\b[^}]*\}\}/;

/** What is wrong in the texts themselves: control blocks of another template language (F039), quoted placeholders (F066). */
export function checkTexts(formula: Formula, log: ProblemLog): void {
  for (const [key, text] of textsOf(formula)) {
    const found = control.exec(text);
    if (found !== null)
      log.add("F039", key, `"${found[0]}" is a block of another template language`, {
        fix: "{{#if name}}...{{/if}} in a convoy formula; a condition on the step in a workflow",
      });
  }
  if (formula.convoy !== undefined)
    for (const [key, text] of textsOf(formula)) {
      const wrong = blockProblem(text);
      if (wrong !== undefined) log.add("F039", key, wrong, { fix: "{{#if name}}...{{/if}}" });
    }
  for (const step of allSteps(formula.steps)) {
    if (step.script === undefined || step.script.shell === "node" || step.script.shell === "python3")
      continue;
    for (const name of quotedPlaceholders(step.script.run))
      log.warn("F066", `${step.source.location}.run`, `{{${name}}} stands inside quotes`, {
        fix: "remove the quotes: values are quoted for you",
      });
  }
}

/** Steps with their children and the bodies of their loops. */
export function allSteps(steps: readonly Step[]): readonly Step[] {
  return steps.flatMap((step) => [step, ...allSteps(step.children), ...allSteps(step.loop?.body ?? [])]);
}

function* textsOf(formula: Formula): Generator<readonly [string, string]> {
  yield ["description", formula.description];
  for (const step of allSteps(formula.steps)) {
    const at = step.source.location;
    yield [`${at}.title`, step.title];
    yield [`${at}.description`, step.description];
    yield [`${at}.acceptance`, step.acceptance ?? ""];
    yield [`${at}.notes`, step.notes ?? ""];
  }
  const { convoy } = formula;
  if (convoy === undefined) return;
  for (const [name, text] of Object.entries(convoy.prompts)) yield [`prompts.${name}`, text];
  for (const [index, leg] of convoy.legs.entries()) yield [`legs[${index}].description`, leg.description];
  yield ["output.directory", convoy.output.directory];
  yield ["synthesis.description", convoy.synthesis?.description ?? ""];
}
