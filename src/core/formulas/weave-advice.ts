import { globToRegExp } from "../glob.ts";
import type { Draft } from "./draft.ts";
import type { Advice, Pointcut, Step } from "./formula.ts";
import { mapTexts } from "./map-texts.ts";
import type { ProblemLog } from "./problem.ts";
import type { StepGraph } from "./step-graph.ts";
import { substituteBraces } from "./substitute.ts";

/** An advice with the pointcuts of its formula, and the values of that formula's variables. */
export interface WovenAdvice {
  readonly rule: Advice;
  readonly pointcuts: readonly Pointcut[];
  readonly values: ReadonlyMap<string, string>;
}

interface Around {
  readonly of: Draft;
  readonly before: Draft[];
  readonly after: Draft[];
}

/** Wraps steps and units with what all advice says, the first-listed outermost (spec/02 §5.5). */
export function weaveAdvice(graph: StepGraph, advice: readonly WovenAdvice[], log: ProblemLog): void {
  const around = new Map<string, Around>();
  for (const woven of advice) {
    const matched = matchedBy(graph, woven);
    if (matched.length === 0 && woven.pointcuts.length > 0)
      log.warn("F064", "pointcuts", `no step matches the pointcuts for "${woven.rule.target ?? "*"}"`);
    for (const { id, of } of matched) {
      const whole = around.get(id) ?? { of, before: [], after: [] };
      around.set(id, whole);
      const { before, after, aroundBefore, aroundAfter } = woven.rule;
      const make = (steps: readonly (Step | undefined)[]) =>
        steps.flatMap((step) => (step === undefined ? [] : [adviceStep(step, id, of, woven.values)]));
      whole.before.push(...make([before, ...aroundBefore]));
      whole.after.unshift(...make([...aroundAfter, after]));
    }
  }
  // Inner ones first, so that what is put around a unit goes around what was put around its members.
  const size = (id: string) => (graph.units.has(id) ? (graph.membersOf(id)?.length ?? 0) : 0);
  const order = [...around].sort(([one], [other]) => size(one) - size(other));
  for (const [id, { before, after }] of order) graph.wrap(id, before, after);
}

/** Units that match, then single steps that match and are not inside one of these. */
function matchedBy(
  graph: StepGraph,
  { rule, pointcuts }: WovenAdvice,
): readonly { readonly id: string; readonly of: Draft }[] {
  const target = rule.target === undefined ? undefined : globToRegExp(rule.target);
  const matches = (id: string, of: Draft): boolean =>
    (target?.test(id) ?? true) &&
    (pointcuts.length === 0 || pointcuts.some((pointcut) => fits(pointcut, id, of)));
  const inside = new Set<string>();
  const units = [...graph.units]
    .filter(([id, unit]) => matches(id, unit.of))
    .map(([id, { of }]) => ({ id, of, members: graph.membersOf(id) ?? [] }));
  // The largest first: a unit inside a matching one is inside like its steps.
  units.sort((one, other) => other.members.length - one.members.length);
  const outermost = units.filter(({ id, members }) => {
    if (inside.has(id) || members.every((member) => inside.has(member))) return false;
    for (const member of members) inside.add(member);
    return true;
  });
  const singles = graph.steps.filter(
    (step) => !inside.has(step.id) && !graph.units.has(step.id) && matches(step.id, step),
  );
  return [...outermost, ...singles.map((step) => ({ id: step.id, of: step }))];
}

function fits({ glob, type, label }: Pointcut, id: string, step: Draft): boolean {
  return (
    (glob === undefined || globToRegExp(glob).test(id)) &&
    (type === undefined || type === (step.type ?? "task")) &&
    (label === undefined || step.labels.includes(label))
  );
}

function adviceStep(step: Step, id: string, of: Draft, values: ReadonlyMap<string, string>): Draft {
  const filled = new Map([...values, ["step.id", id], ["step.title", of.title || id]]);
  const named = mapTexts(step, (text) => substituteBraces(text, filled));
  return {
    ...named,
    title: named.title || named.id,
    conditions: of.conditions,
    origin: named.id,
    depth: 0,
    isGenerated: true,
    ...(of.parent === undefined ? {} : { parent: of.parent }),
  };
}
