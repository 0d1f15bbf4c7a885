import { containersIn, type Draft, entriesIn, exitsIn, type Unit, union } from "./draft.ts";

const maxSteps = 10_000;

/** More steps than a molecule may have (F049). */
export class TooManySteps extends Error {}

/**
 * The steps while they are composed: their list, and what ids stand for that were replaced (spec/02 §5.2). A unit names the
 * steps that it was made of; which of these have become units since is found out when somebody asks.
 */
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

  /** Lists of a unit name steps as they were when it was made. */
  get units(): ReadonlyMap<string, Unit> {
    return this.#units;
  }

  /** Steps that wait for what `id` waits for; undefined when there is no such step. */
  entriesOf(id: string): readonly string[] | undefined {
    return this.#partOf(id, "entries");
  }

  /** Steps that whoever needs `id` waits for. */
  exitsOf(id: string): readonly string[] | undefined {
    return this.#partOf(id, "exits");
  }

  /** All steps that `id` stands for. */
  membersOf(id: string): readonly string[] | undefined {
    return this.#partOf(id, "members");
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
    const steps: Draft[] = [];
    for (const step of this.#steps)
      if (step === target) steps.push(...heirs);
      else if (step.needs.includes(target.id))
        steps.push({ ...step, needs: replaced(step.needs, target.id, exitIds) });
      else steps.push(step);
    this.#steps = steps;
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
    const members = new Set(this.membersOf(id));
    const entries = new Set(this.entriesOf(id));
    const exits = this.exitsOf(id) ?? [];
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
    const own = unit ?? this.#alone(id);
    if (own !== undefined)
      this.#units.set(id, {
        ...own,
        members: [...own.members, ...[...head, ...tail].map((step) => step.id)],
        entries: head[0] === undefined ? own.entries : [head[0].id],
        exits: lastAfter === undefined ? own.exits : [lastAfter],
      });
    this.#checkSize();
  }

  /** A step that was no unit until something was put around it. */
  #alone(id: string): Unit | undefined {
    const of = this.#steps.find((step) => step.id === id);
    return of === undefined ? undefined : { members: [id], entries: [id], exits: [id], of, kind: "advised" };
  }

  #partOf(id: string, part: "members" | "entries" | "exits"): readonly string[] | undefined {
    if (!this.#units.has(id)) return this.#has(id) ? [id] : undefined;
    const found = new Set<string>();
    // A container, or a step with something around it, is a member of its own unit.
    const visit = (name: string, around: ReadonlySet<string>): void => {
      const unit = around.has(name) ? undefined : this.#units.get(name);
      if (unit === undefined) found.add(name);
      else for (const inner of unit[part]) visit(inner, new Set([...around, name]));
    };
    visit(id, new Set());
    return [...found];
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
