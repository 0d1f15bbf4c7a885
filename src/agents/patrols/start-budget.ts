/** Lets so many sessions start per window, so that a whole town does not come back at once (spec/04 §8.3 D2, §8.5). */
export class StartBudget {
  readonly #count: number;
  readonly #windowMs: number;
  #starts: number[] = [];
  #heldUntil = 0;

  constructor(count = 3, windowMs = 10_000) {
    this.#count = count;
    this.#windowMs = windowMs;
  }

  /** No start before then. */
  hold(until: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, until);
  }

  /** Takes a place and returns 0, or the milliseconds until there is one. */
  take(now: number): number {
    if (now < this.#heldUntil) return this.#heldUntil - now;
    this.#starts = this.#starts.filter((at) => at > now - this.#windowMs);
    const [oldest] = this.#starts;
    if (this.#starts.length >= this.#count && oldest !== undefined) return oldest + this.#windowMs - now;
    this.#starts.push(now);
    return 0;
  }
}

const lookAgainMs = 60_000;

/** Grants no start for a minute from now: for a rig in which nothing is started by itself (spec/04 §7.4). */
export function closedBudget(now: number): StartBudget {
  const budget = new StartBudget();
  budget.hold(now + lookAgainMs);
  return budget;
}
