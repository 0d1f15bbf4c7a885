/** What is remembered of a provider's rate limit on an account (runtime row, by account; spec/05 §9.4). */
export interface AccountLimit {
  /** Nothing is started on the account before then; milliseconds since the epoch. */
  readonly until: number;
  readonly isClosed: boolean;
  /** Hits without five minutes of normal work between them. */
  readonly hits: number;
  readonly lastHitAt: number;
  /** Agents that may work on the account right after the last hit. */
  readonly ceiling: number;
  /** Agents that worked on it before it was limited: from there on nothing is held back any more. */
  readonly full: number;
}

/** A living session, as far as limits are concerned. */
export interface AccountSession {
  readonly account: string;
  readonly isLimited: boolean;
  /** Since when its phase is what it is. */
  readonly since: number;
  /** When the provider says that it may go on. */
  readonly until?: number;
}

const minute = 60_000;
const maxBackoffMs = 30 * minute;
const normalAfterMs = 5 * minute;
const growMs = 10 * minute;

/**
 * The limits as they are now: a session that has newly run into one closes its account until the provider's time, or for
 * 1, 2, 4 ... 30 minutes, and halves what may work on it; every ten quiet minutes one more may. Pure; `jitter` is a
 * number in [0, 1) that spreads the backoff by a fifth to either side.
 */
export function limitsNow(
  before: ReadonlyMap<string, AccountLimit>,
  sessions: readonly AccountSession[],
  now: number,
  jitter: number,
): ReadonlyMap<string, AccountLimit> {
  const limits = new Map<string, AccountLimit>();
  for (const account of new Set([...before.keys(), ...sessions.map((session) => session.account)])) {
    const own = sessions.filter((session) => session.account === account);
    const limit = limitOf(before.get(account), own, now, jitter);
    if (limit !== undefined) limits.set(account, limit);
  }
  return limits;
}

function limitOf(
  before: AccountLimit | undefined,
  sessions: readonly AccountSession[],
  now: number,
  jitter: number,
): AccountLimit | undefined {
  const limited = sessions.filter((session) => session.isLimited);
  const lastHitAt = Math.max(0, ...limited.map((session) => session.since));
  if (lastHitAt > (before?.lastHitAt ?? 0)) {
    const hits = (before?.hits ?? 0) + 1;
    const backoffMs = Math.min(maxBackoffMs, minute * 2 ** (hits - 1)) * (0.8 + 0.4 * jitter);
    const resets = limited.flatMap((session) => session.until ?? []);
    const working = before === undefined ? sessions.length : roomOf(before, now);
    return {
      until: Math.max(before?.until ?? 0, ...(resets.length > 0 ? resets : [now + Math.round(backoffMs)])),
      isClosed: true,
      hits,
      lastHitAt,
      ceiling: Math.max(1, Math.floor(working / 2)),
      full: Math.max(before?.full ?? 0, sessions.length),
    };
  }
  if (before === undefined) return undefined;
  const isClosed = before.until > now;
  if (isClosed) return before;
  const isNormal = now - Math.max(before.until, before.lastHitAt) >= normalAfterMs;
  if (isNormal && roomOf(before, now) >= before.full) return undefined;
  const hits = isNormal ? 0 : before.hits;
  return before.isClosed || hits !== before.hits ? { ...before, isClosed: false, hits } : before;
}

/** How many agents may work on a limited account once it is open again. */
export function roomOf(limit: AccountLimit, now: number): number {
  return limit.ceiling + Math.floor(Math.max(0, now - limit.lastHitAt) / growMs);
}

export const accountLimitsTable = "account_limits";
