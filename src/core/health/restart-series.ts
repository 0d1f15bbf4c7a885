/** Automatic restarts of one agent, kept in the ledger so that a new daemon goes on counting (spec/04 §8.4). */
export interface RestartSeries {
  /** Times of the restarts of the running series, oldest first. */
  readonly restartedAt: readonly number[];
  /** Set when the agent crashed too often: no automatic restart until somebody clears it. */
  readonly crashLoopSince?: number;
}

export interface RestartLimits {
  /** So many restarts within the window are allowed; the next death is a crash loop. */
  readonly maxRestarts: number;
  readonly windowMs: number;
  readonly firstDelayMs: number;
  readonly maxDelayMs: number;
  /** So much stable running ends a series. */
  readonly stableMs: number;
}

const minute = 60_000;

/** Long-lived roles (spec/04 §8.4). */
export const roleRestartLimits: RestartLimits = {
  maxRestarts: 5,
  windowMs: 15 * minute,
  firstDelayMs: 30_000,
  maxDelayMs: 10 * minute,
  stableMs: 30 * minute,
};

/** Polecats give up sooner: `witness.max_session_restarts` is 3 in 15 minutes (spec/04 §0.6, W20). */
export const polecatRestartLimits: RestartLimits = { ...roleRestartLimits, maxRestarts: 3 };

export const noRestarts: RestartSeries = { restartedAt: [] };

export type RestartDecision =
  | { readonly kind: "restart"; readonly attempt: number }
  | { readonly kind: "wait"; readonly until: number }
  | { readonly kind: "crash-loop"; readonly count: number };

/** What to do about an agent that died at `diedAt`: restart k of a series waits 0, 30 s, 1 m, 2 m ... 10 m. */
export function decideRestart(
  series: RestartSeries,
  diedAt: number,
  now: number,
  limits: RestartLimits,
): RestartDecision {
  if (series.crashLoopSince !== undefined) return { kind: "crash-loop", count: series.restartedAt.length };
  const restarts = currentSeries(series, diedAt, limits);
  const inWindow = restarts.filter((at) => at > now - limits.windowMs).length;
  if (inWindow >= limits.maxRestarts) return { kind: "crash-loop", count: inWindow };
  // A start that failed leaves no newer death behind: then the delay counts from the attempt.
  const until = Math.max(diedAt, restarts.at(-1) ?? 0) + delayBefore(restarts.length + 1, limits);
  return now >= until ? { kind: "restart", attempt: restarts.length + 1 } : { kind: "wait", until };
}

/** The series after a restart at `now` of an agent that died at `diedAt`. */
export function withRestart(
  series: RestartSeries,
  diedAt: number,
  now: number,
  limits: RestartLimits,
): RestartSeries {
  return { restartedAt: [...currentSeries(series, diedAt, limits), now] };
}

function currentSeries(series: RestartSeries, diedAt: number, limits: RestartLimits): readonly number[] {
  const last = series.restartedAt.at(-1);
  return last !== undefined && diedAt - last >= limits.stableMs ? [] : series.restartedAt;
}

function delayBefore(attempt: number, limits: RestartLimits): number {
  if (attempt <= 1) return 0;
  return Math.min(limits.maxDelayMs, limits.firstDelayMs * 2 ** (attempt - 2));
}
