/** Times of an agent's signals of life, milliseconds since the epoch (spec/04 §1.6). */
export interface ProgressSignals {
  /** When the work was hooked. */
  readonly hookedAt?: number;
  /** When the session that works on it began. */
  readonly sessionStartedAt?: number;
  /** The agent's own ledger writes, changes in its worktree, tool events of its runtime. */
  readonly strongAt?: number;
  /** Output on its screen, commands run with its identity. */
  readonly weakAt?: number;
  /** Time that does not count: machine asleep, stopped, suspended, rate limited, waiting for a person. */
  readonly suspendedMs?: number;
}

/** The moment from which idleness counts. Weak signals carry it `weakCreditMs` past the last strong one, never further. */
export function progressAt(signals: ProgressSignals, weakCreditMs: number): number {
  const baseline = Math.max(signals.hookedAt ?? 0, signals.sessionStartedAt ?? 0);
  const strong = Math.max(baseline, signals.strongAt ?? 0);
  return Math.max(strong, Math.min(signals.weakAt ?? 0, strong + weakCreditMs));
}

/** How long nothing was achieved, in milliseconds, never negative. */
export function idleFor(signals: ProgressSignals, now: number, weakCreditMs: number): number {
  return Math.max(0, now - progressAt(signals, weakCreditMs) - (signals.suspendedMs ?? 0));
}
