import type { Step } from "./formula.ts";
import type { ProtoLoop } from "./proto.ts";

/** A step on its way through the composition: flat, with its container named. */
export interface Draft extends Step {
  /** Id of the step that the author wrote. */
  readonly origin: string;
  readonly parent?: string;
  /** So many expansions deep. */
  readonly depth: number;
  /** `compose.map` does not select it. */
  readonly isGenerated: boolean;
  readonly loopEnd?: ProtoLoop;
  /** An overlay changed its text. */
  readonly overlay?: true;
}

/** An id that several steps stand for now (spec/02 §5.2). */
export interface Unit {
  readonly members: readonly string[];
  /** Members that wait for what the unit waits for. */
  readonly entries: readonly string[];
  /** Members that whoever needs the unit waits for. */
  readonly exits: readonly string[];
  /** What the author wrote. */
  readonly of: Draft;
  readonly kind: "loop" | "expansion" | "container" | "advised";
}

/** Steps with their children as one list: a container, then its children, the first of which wait for what it waits for. */
export function flatten(
  steps: readonly Step[],
  base: {
    readonly origin?: string;
    readonly parent?: string;
    readonly depth: number;
    readonly isGenerated: boolean;
  },
): readonly Draft[] {
  return steps.flatMap((step) => {
    const draft: Draft = { ...step, ...base, origin: base.origin ?? step.id, children: [] };
    if (step.children.length === 0) return [draft];
    const ids = new Set(step.children.map(({ id }) => id));
    const children = step.children.map((child) =>
      child.needs.some((need) => ids.has(need)) ? child : { ...child, needs: union(step.needs, child.needs) },
    );
    return [draft, ...flatten(children, { ...base, parent: step.id })];
  });
}

/** Containers of a flat list, as units: what waits for one waits for its children too. */
export function containersIn(drafts: readonly Draft[]): ReadonlyMap<string, Unit> {
  const units = new Map<string, Unit>();
  const byParent = Map.groupBy(drafts, ({ parent }) => parent ?? "");
  const membersOf = (id: string): readonly Draft[] =>
    (byParent.get(id) ?? []).flatMap((child) => [child, ...membersOf(child.id)]);
  for (const draft of drafts) {
    const below = membersOf(draft.id);
    if (below.length === 0) continue;
    units.set(draft.id, {
      members: [draft.id, ...below.map(({ id }) => id)],
      entries: [draft.id, ...entriesIn(below).map(({ id }) => id)],
      exits: [draft.id],
      of: draft,
      kind: "container",
    });
  }
  return units;
}

/** Steps that need none of the others. */
export function entriesIn(steps: readonly Draft[]): readonly Draft[] {
  const inside = new Set(steps.map(({ id }) => id));
  return steps.filter(({ needs }) => !needs.some((need) => inside.has(need)));
}

/** Steps that none of the others needs; a container stands for its children. */
export function exitsIn(steps: readonly Draft[]): readonly Draft[] {
  const inside = new Set(steps.map(({ id }) => id));
  const needed = new Set(steps.flatMap(({ needs }) => needs));
  return steps.filter(({ id, parent }) => !needed.has(id) && !(parent !== undefined && inside.has(parent)));
}

/** Both lists in order, each element once. */
export function union<T>(one: readonly T[], other: readonly T[]): readonly T[] {
  return one.length === 0 ? other : [...new Set([...one, ...other])];
}
