import type { Orderable } from "./order-steps.ts";
import { union } from "./draft.ts";

/**
 * The steps without some of them and without the children of these. Whoever needed a dropped step inherits its needs in its
 * place (spec/02 §4.6).
 */
export function dropSteps<T extends Orderable>(steps: readonly T[], ids: ReadonlySet<string>): readonly T[] {
  if (ids.size === 0) return steps;
  const byId = new Map(steps.map((step) => [step.id, step]));
  const isGone = (step: T | undefined): boolean =>
    step !== undefined && (ids.has(step.id) || (step.parent !== undefined && isGone(byId.get(step.parent))));
  const gone = new Map(steps.filter(isGone).map((step) => [step.id, step]));
  const inherited = new Map<string, readonly string[]>();
  const resolve = (needs: readonly string[]): readonly string[] =>
    needs.reduce<readonly string[]>((all, need) => union(all, heirsOf(need)), []);
  const heirsOf = (id: string): readonly string[] => {
    const step = gone.get(id);
    if (step === undefined) return [id];
    const known = inherited.get(id);
    if (known !== undefined) return known;
    // Against a cycle, which is found later and told as one.
    inherited.set(id, []);
    const heirs = resolve(step.needs);
    inherited.set(id, heirs);
    return heirs;
  };
  // In the list's order, so that a long chain is not resolved in one deep dive.
  for (const id of gone.keys()) heirsOf(id);
  return steps
    .filter((step) => !gone.has(step.id))
    .map((step) =>
      step.needs.some((need) => gone.has(need)) ? { ...step, needs: resolve(step.needs) } : step,
    );
}
