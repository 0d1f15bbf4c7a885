import { containersIn, type Draft, entriesIn, exitsIn, type Unit, union } from "./draft.ts";

const maxSteps = 10_000;

/** More steps than a molecule may have (F049). */
export class TooManySteps extends Error {}

/** The steps while they are composed: their list, and what ids stand for that were replaced (spec/02 §5.2). */
export class StepGraph {
  #steps: readonly Draft[];
  readonly #units = new Map<string, Unit>();

  constructor(steps: readonly Draft[]) {
    this.#steps = steps;
    for (const [id, unit] of containersIn(steps)) this.#units.set(id, unit);
    this.#checkSize();
  }

  get steps(): readonly Draft[] {
    return this.#steps;
  }

  get units(): ReadonlyMap<string, Unit> {
    return this.#units;
  }

  /** Steps that wait for what `id` waits for; undefined when there is no such step. */
  entriesOf(id: string): readonly string[] | undefined {
    return this.#units.get(id)?.entries ?? (this.#has(id) ? [id] : undefined);
  }

  /** Steps that whoever needs `id` waits for. */
  exitsOf(id: string): readonly string[] | undefined {
    return this.#units.get(id)?.exits ?? (this.#has(id) ? [id] : undefined);
  }

  /** Everything that a rule can name. */
  ids(): readonly string[] {
    return [...new Set([...this.#units.keys(), ...this.#steps.map(({ id }) => id)])];
  }

  update(change: (step: Draft) => Draft): void {
    this.#steps = this.#steps.map(change);
  }

  /** Adds needs to the entries of `id`. */
  addNeeds(id: string, needs: readonly string[]): void {
    const entries = new Set(this.entriesOf(id));
    this.update((step) => (entries.has(step.id) ? { ...step, needs: union(step.needs, needs) } : step));
  }

  /** Puts steps in the place of one; they inherit from it (spec/02 §5.2). */
  replace(target: Draft, replacement: readonly Draft[], kind: "loop" | "expansion"): void {
    const inside = replacement.map(({ id }) => id);
    const isEntry = new Set(entriesIn(replacement).map(({ id }) => id));
    const isExit = new Set(exitsIn(replacement).map(({ id }) => id));
    const exitIds = [...isExit];
    const heirs = replacement.map((step) => inherit(step, target, isEntry.has(step.id), isExit.has(step.id)));
    this.#steps = this.#steps.flatMap((step) => {
      if (step === target) return heirs;
      return step.needs.includes(target.id)
        ? [{ ...step, needs: replaced(step.needs, target.id, exitIds) }]
        : [step];
    });
    for (const [id, unit] of this.#units)
      if (unit.members.includes(target.id))
        this.#units.set(id, {
          ...unit,
          members: replaced(unit.members, target.id, inside),
          entries: replaced(unit.entries, target.id, [...isEntry]),
          exits: replaced(unit.exits, target.id, exitIds),
        });
    for (const [id, unit] of containersIn(heirs)) this.#units.set(id, unit);
    this.#units.set(target.id, {
      members: inside,
      entries: [...isEntry],
      exits: exitIds,
      of: target,
      kind,
    });
    this.#checkSize();
  }

  /**
   * Puts chains around a step or unit: the first waits for what it waited for, and whoever needed it needs the last
   * (spec/02 §5.5).
   */
  wrap(id: string, before: readonly Draft[], after: readonly Draft[]): void {
    const unit = this.#units.get(id);
    const members = new Set(unit?.members ?? [id]);
    const entries = new Set(unit?.entries ?? [id]);
    const exits = unit?.exits ?? [id];
    const outside = this.#steps
      .filter((step) => entries.has(step.id))
      .flatMap(({ needs }) => needs.filter((need) => !members.has(need)));
    const head = chain(before, [...new Set(outside)]);
    const tail = chain(after, exits);
    const lastBefore = head.at(-1)?.id;
    const lastAfter = tail.at(-1)?.id;
    const positions = this.#steps.flatMap((step, index) => (members.has(step.id) ? [index] : []));
    const [first = 0] = positions;
    const last = positions.at(-1) ?? first;
    const rewired = this.#steps.map((step) => {
      if (entries.has(step.id) && lastBefore !== undefined)
        return { ...step, needs: [lastBefore, ...step.needs.filter((need) => members.has(need))] };
      if (members.has(step.id) || lastAfter === undefined || !step.needs.some((need) => exits.includes(need)))
        return step;
      return {
        ...step,
        needs: exits.reduce((needs, exit) => replaced(needs, exit, [lastAfter]), step.needs),
      };
    });
    this.#steps = [
      ...rewired.slice(0, first),
      ...head,
      ...rewired.slice(first, last + 1),
      ...tail,
      ...rewired.slice(last + 1),
    ];
    const added = [...head, ...tail].map((step) => step.id);
    const grown = (old: Unit): Unit => ({
      ...old,
      members: [...old.members, ...added],
      entries: head[0] === undefined ? old.entries : substituted(old.entries, entries, head[0].id),
      exits: lastAfter === undefined ? old.exits : substituted(old.exits, new Set(exits), lastAfter),
    });
    for (const [name, around] of this.#units)
      if (name === id || isPart(members, around.members)) this.#units.set(name, grown(around));
    const own = this.#steps.find((step) => step.id === id);
    if (unit === undefined && own !== undefined)
      this.#units.set(id, grown({ members: [id], entries: [id], exits: [id], of: own, kind: "advised" }));
    this.#checkSize();
  }

  #has(id: string): boolean {
    return this.#steps.some((step) => step.id === id);
  }

  #checkSize(): void {
    if (this.#steps.length > maxSteps) throw new TooManySteps();
  }
}

function inherit(step: Draft, target: Draft, isEntry: boolean, isExit: boolean): Draft {
  const { priority, assignee, agent, model, tier, gate, waitsFor, acceptance, onComplete } = target;
  const given = { priority, assignee, agent, model, tier };
  const missing = Object.fromEntries(
    Object.entries(given).filter(
      ([key, value]) => value !== undefined && step[key as keyof typeof given] === undefined,
    ),
  ) as Partial<Pick<Draft, keyof typeof given>>;
  return {
    ...step,
    ...missing,
    conditions: union(target.conditions, step.conditions),
    labels: union(target.labels, step.labels),
    needs: isEntry ? union(target.needs, step.needs) : step.needs,
    ...(step.parent === undefined && target.parent !== undefined ? { parent: target.parent } : {}),
    ...(isEntry && gate !== undefined && step.gate === undefined ? { gate } : {}),
    ...(isEntry && waitsFor !== undefined && step.waitsFor === undefined ? { waitsFor } : {}),
    ...(isExit && acceptance !== undefined && step.acceptance === undefined ? { acceptance } : {}),
    ...(isExit && onComplete !== undefined && step.onComplete === undefined ? { onComplete } : {}),
  };
}

function chain(steps: readonly Draft[], first: readonly string[]): readonly Draft[] {
  return steps.map((step, index) => ({ ...step, needs: index === 0 ? first : [steps[index - 1]?.id ?? ""] }));
}

/** The list with others in the place of one, each once. */
function replaced(list: readonly string[], one: string, others: readonly string[]): readonly string[] {
  return [...new Set(list.flatMap((id) => (id === one ? others : [id])))];
}

function substituted(list: readonly string[], gone: ReadonlySet<string>, by: string): readonly string[] {
  return [...new Set(list.map((id) => (gone.has(id) ? by : id)))];
}

function isPart(some: ReadonlySet<string>, all: readonly string[]): boolean {
  const every = new Set(all);
  return [...some].every((id) => every.has(id));
}
