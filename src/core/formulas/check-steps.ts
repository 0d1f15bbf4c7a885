import { findCycle } from "./cycle.ts";
import type { Formula, Step } from "./formula.ts";
import { namesHint, type ProblemLog } from "./problem.ts";

interface Place {
  readonly step: Step;
  /** Containers around it, innermost last. */
  readonly containers: readonly string[];
}

/**
 * Ids and needs of a formula's steps (F016, F018, F019, F020, F023). Needs of a formula that extends others may name steps of
 * its parents, so unknown ones are looked for when it has been merged with them.
 */
export function checkSteps(formula: Formula, log: ProblemLog): void {
  checkScope(formula.steps, [], { log, mayBeInherited: formula.extends.length > 0, word: wordOf(formula) });
}

const wordOf = ({ type }: Formula): string => (type === "expansion" ? "template" : "step");

interface ScopeCheck {
  readonly log: ProblemLog;
  readonly mayBeInherited: boolean;
  readonly word: string;
}

/** A list of steps with their children; the bodies of loops are scopes of their own that see the ids around them. */
function checkScope(steps: readonly Step[], outer: readonly string[], check: ScopeCheck): void {
  const { log } = check;
  const places = placesOf(steps, []);
  const first = new Map<string, Place>();
  for (const place of places) {
    const { id, source } = place.step;
    const before = first.get(id);
    if (before === undefined) first.set(id, place);
    else if (id !== "")
      log.add(
        "F016",
        `${source.location}.id`,
        `the id "${id}" is there already, at ${before.step.source.location}`,
        {
          fix: "rename one of them",
        },
      );
  }
  const inside = [...first.keys()].filter((id) => id !== "");
  const known = [...inside, ...outer];
  for (const place of places) {
    checkNeeds(place, first, known, check);
    checkWaitsFor(place, known, check);
    if (place.step.loop !== undefined) checkScope(place.step.loop.body, known, check);
  }
  const cycle = findCycle(inside, (id) => needsWithin(id, first));
  if (cycle !== undefined) {
    const [start = ""] = cycle;
    log.add("F020", `${first.get(start)?.step.source.location ?? ""}.needs`, `cycle: ${cycle.join(" -> ")}`, {
      fix: "remove one of these edges",
    });
  }
}

function placesOf(steps: readonly Step[], containers: readonly string[]): readonly Place[] {
  return steps.flatMap((step) => [
    { step, containers },
    ...placesOf(step.children, [...containers, step.id]),
  ]);
}

function checkNeeds(
  { step, containers }: Place,
  first: ReadonlyMap<string, Place>,
  known: readonly string[],
  { log, mayBeInherited, word }: ScopeCheck,
): void {
  for (const [index, need] of step.needs.entries()) {
    const key = `${step.source.location}.needs[${index}]`;
    if (need === step.id) log.add("F019", key, `${word} "${step.id}" needs itself`, { fix: "remove it" });
    else if (containers.includes(need) || first.get(need)?.containers.includes(step.id))
      log.add("F019", key, `"${step.id}" and "${need}" are container and child`, {
        fix: "remove it: a container waits for its children anyway",
      });
    else if (!known.includes(need) && !mayBeInherited)
      log.add("F018", key, `${word} "${step.id}" needs unknown ${word} "${need}"`, {
        why: `every entry of needs must name a ${word} of this formula or of a parent`,
        fix: namesHint(need, known, word),
      });
  }
}

function checkWaitsFor({ step }: Place, known: readonly string[], { log, mayBeInherited }: ScopeCheck): void {
  const { waitsFor } = step;
  if (waitsFor === undefined) return;
  const key = `${step.source.location}.waits_for`;
  if (waitsFor.spawner === undefined) {
    if (step.needs.length === 0)
      log.add("F023", key, "there is no step whose children could be meant", {
        fix: "name it: children-of(<step>), or add it to needs",
      });
  } else if (!known.includes(waitsFor.spawner) && !mayBeInherited)
    log.add("F023", key, `unknown step "${waitsFor.spawner}"`, {
      fix: namesHint(waitsFor.spawner, known, "step"),
    });
}

/** A child waits with its container; whoever needs a container waits for its children. */
function needsWithin(id: string, first: ReadonlyMap<string, Place>): readonly string[] {
  const place = first.get(id);
  if (place === undefined) return [];
  const inherited = place.containers.flatMap((container) => first.get(container)?.step.needs ?? []);
  return [...place.step.needs, ...inherited].flatMap((need) => {
    const needed = first.get(need);
    if (need === id || needed === undefined) return [];
    if (needed.containers.includes(id) || place.containers.includes(need)) return [];
    return [need, ...placesOf(needed.step.children, []).map(({ step }) => step.id)];
  });
}
