import type { ConvoyParts, Formula, Step } from "./formula.ts";
import { planConvoy } from "./plan-convoy.ts";
import type { ProblemLog } from "./problem.ts";
import { defined } from "./read-steps.ts";
import type { LookUp } from "./substitute.ts";
import { isRelativePath } from "./variable-value.ts";

/** A step that says nothing but what it is. */
export const plainStep = { needs: [], labels: [], conditions: [], children: [], expandVars: {} } as const;

/**
 * A convoy formula as a workflow: its legs side by side and a step `synthesis` behind them (spec/02 §13.2). The texts are
 * filled in; without values the placeholders stay.
 */
export function convoySteps(
  formula: Formula,
  convoy: ConvoyParts,
  lookUp: LookUp | undefined,
  log: ProblemLog,
): readonly Step[] {
  const texts = lookUp === undefined ? rawTexts(convoy) : filledTexts(convoy, lookUp, log);
  const legs = convoy.legs.map((leg, index): Step => {
    const { agent, model, tier } = leg;
    const source = { formula: formula.name, location: `legs[${index}]` };
    const { title = leg.title, text: description = "" } = texts.legs[index] ?? {};
    return { ...plainStep, id: leg.id, title, description, source, ...defined({ agent, model, tier }) };
  });
  const { synthesis } = convoy;
  if (synthesis === undefined) return legs;
  const { agent, tier } = synthesis;
  return [
    ...legs,
    {
      ...plainStep,
      id: "synthesis",
      title: texts.synthesis?.title ?? synthesis.title,
      description: texts.synthesis?.text ?? synthesis.description,
      needs: synthesis.dependsOn.length === 0 ? convoy.legs.map(({ id }) => id) : synthesis.dependsOn,
      source: { formula: formula.name, location: "synthesis" },
      ...defined({ agent, tier }),
    },
  ];
}

interface Texts {
  readonly legs: readonly { readonly title: string; readonly text: string }[];
  readonly synthesis?: { readonly title: string; readonly text: string } | undefined;
}

function rawTexts({ legs, prompts }: ConvoyParts): Texts {
  return {
    legs: legs.map(({ title, focus, description }) => ({
      title,
      text: prompts["base"] ?? [focus, description].filter((part) => part !== "").join("\n\n"),
    })),
  };
}

function filledTexts(convoy: ConvoyParts, lookUp: LookUp, log: ProblemLog): Texts {
  const plan = planConvoy(convoy, convoy.legs, lookUp);
  const { directory } = plan;
  const paths = [
    directory,
    ...plan.legs.map((leg) => leg.outputPath),
    plan.synthesis?.outputPath ?? directory,
  ];
  const wrong = paths.find((path) => path.trim() === "" || !isRelativePath(path));
  if (wrong !== undefined)
    log.add(
      "F040",
      wrong === directory ? "output.directory" : "output",
      `"${wrong}" is not a relative path`,
      {
        fix: "use a relative path",
      },
    );
  return plan;
}
