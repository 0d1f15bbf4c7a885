import type { Clock } from "../../core/clock.ts";
import type { Change, Ledger } from "../../core/ledger/ledger.ts";

/** Labels that say how far a message has come; whoever only reads his mail gets nowhere. */
const mailLabel = /^(?:read$|archived$|deleted$|delivery)/;

/** A change that its author has achieved something with: not the fields of agents, nor what reading mail leaves behind. */
function isAchievement({ type, oldValue, newValue }: Change): boolean {
  if (type === "agent_updated") return false;
  if (type !== "label_added" && type !== "label_removed") return true;
  return !mailLabel.test(String((newValue ?? oldValue)?.["label"] ?? ""));
}

/**
 * Remembers when agents last achieved something and writes it down now and then, so that commands can tell with the
 * daemon down (spec/04 §1.6: at most every 60 s). Losing what was not written yet costs a minute of idleness.
 */
export class ProgressTracker {
  readonly #ledger: Ledger;
  readonly #clock: Clock;
  readonly #strong = new Map<string, number>();
  readonly #isAgent: (address: string) => boolean;

  constructor(ledger: Ledger, clock: Clock, isAgent: (address: string) => boolean) {
    this.#ledger = ledger;
    this.#clock = clock;
    this.#isAgent = isAgent;
  }

  /** True when something is waiting to be written. */
  get isDirty(): boolean {
    return this.#strong.size > 0;
  }

  /** An agent's own ledger writes are strong signals; writes by others on its behalf are not. */
  noteChanges(changes: readonly Change[]): void {
    for (const change of changes) {
      if (this.#isAgent(change.actor) && isAchievement(change)) this.note(change.actor, change.createdAt);
    }
  }

  note(address: string, at: number = this.#clock.now()): void {
    this.#strong.set(address, Math.max(at, this.#strong.get(address) ?? 0));
  }

  async flush(): Promise<void> {
    const times = [...this.#strong];
    this.#strong.clear();
    for (const [address, lastProgressAt] of times) await this.#ledger.touchAgent(address, { lastProgressAt });
  }
}
