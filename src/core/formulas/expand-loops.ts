import { type Draft, entriesIn, exitsIn, flatten, union } from "./draft.ts";
import type { Loop, Step } from "./formula.ts";
import { mapTexts } from "./map-texts.ts";
import type { ProblemLog } from "./problem.ts";
import { evaluateRange } from "./range.ts";
import { substituteBraces, type LookUp } from "./substitute.ts";

const maxIterations = 5000;

/**
 * The steps that a loop stands for: `<loop>.iter<k>.<id>`, each round after the one before unless they are parallel
 * (spec/02 §5.4). Undefined, with a problem, when it cannot be said how often.
 */
export function expandLoop(
  draft: Draft,
  loop: Loop,
  { lookUp, log }: { readonly lookUp: LookUp; readonly log: ProblemLog },
): readonly Draft[] | undefined {
  const values = valuesOf(draft, loop, lookUp, log);
  if (values === undefined) return undefined;
  const rounds = values.map((value, index) => oneRound(draft, loop, index + 1, value));
  if (loop.parallel) return rounds.flat();
  let before: readonly string[] = [];
  return rounds.flatMap((round) => {
    const entries = new Set(entriesIn(round).map(({ id }) => id));
    const chained = round.map((step) =>
      entries.has(step.id) ? { ...step, needs: union(before, step.needs) } : step,
    );
    before = exitsIn(round).map(({ id }) => id);
    return chained;
  });
}

function oneRound(draft: Draft, loop: Loop, round: number, value: number): readonly Draft[] {
  const prefix = `${draft.id}.iter${round}.`;
  const inBody = new Set(allIds(loop.body));
  const values = new Map(loop.variable === undefined ? [] : [[loop.variable, String(value)]]);
  const steps = loop.body.map((step) =>
    mapTexts(prefixed(step, prefix, inBody), (text) => substituteBraces(text, values)),
  );
  const { origin, depth, isGenerated, until, max } = { ...draft, ...loop };
  const drafts = flatten(steps, { origin, depth, isGenerated });
  if (until === undefined) return drafts;
  const exits = new Set(exitsIn(drafts));
  return drafts.map((step) =>
    exits.has(step) ? { ...step, loopEnd: { loop: draft.id, until, max: max ?? 1, iter: round } } : step,
  );
}

function allIds(steps: readonly Step[]): readonly string[] {
  return steps.flatMap((step) => [step.id, ...allIds(step.children)]);
}

function prefixed(step: Step, prefix: string, inBody: ReadonlySet<string>): Step {
  const inner = (id: string) => (inBody.has(id) ? `${prefix}${id}` : id);
  return {
    ...step,
    id: `${prefix}${step.id}`,
    needs: step.needs.map(inner),
    children: step.children.map((child) => prefixed(child, prefix, inBody)),
    ...(step.waitsFor?.spawner === undefined
      ? {}
      : { waitsFor: { ...step.waitsFor, spawner: inner(step.waitsFor.spawner) } }),
  };
}

function valuesOf(draft: Draft, loop: Loop, lookUp: LookUp, log: ProblemLog): readonly number[] | undefined {
  if (loop.until !== undefined) return [1];
  const result =
    loop.range === undefined
      ? ({ kind: "values", first: 1, last: loop.count ?? 0 } as const)
      : evaluateRange(loop.range, lookUp);
  const key = `${draft.source.location}.loop.${loop.range === undefined ? "count" : "range"}`;
  if (result.kind === "wrong") {
    log.add("F025", key, result.reason, { fix: "a range is <first>..<last>; give its variables with --var" });
    return undefined;
  }
  const count = result.last - result.first + 1;
  if (count > maxIterations) {
    log.add("F025", key, `${count} rounds are more than ${maxIterations}`);
    return undefined;
  }
  return Array.from({ length: count }, (_, index) => result.first + index);
}
