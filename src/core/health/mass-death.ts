/** An unexpected end of a session; ends because the host died are left out (spec/04 §8.5). */
export interface Death {
  readonly session: string;
  readonly at: number;
  readonly runtime: string;
  /** Its last lines, to guess at the cause. */
  readonly tail?: string;
}

export interface MassDeathLimits {
  readonly count: number;
  readonly windowMs: number;
  readonly holdMs: number;
}

export const massDeathLimits: MassDeathLimits = { count: 3, windowMs: 30_000, holdMs: 60_000 };

export interface MassDeath {
  readonly sessions: readonly string[];
  /** Automatic restarts are held until then. */
  readonly holdUntil: number;
  readonly suspected: string;
}

export interface MachineState {
  readonly freeDiskMb?: number;
  readonly freeMemoryMb?: number;
}

/** The mass death that these deaths amount to at `now`, if any. */
export function detectMassDeath(
  deaths: readonly Death[],
  now: number,
  machine: MachineState = {},
  limits: MassDeathLimits = massDeathLimits,
): MassDeath | undefined {
  const recent = deaths.filter((death) => death.at > now - limits.windowMs);
  if (recent.length < limits.count) return undefined;
  const last = Math.max(...recent.map((death) => death.at));
  return {
    sessions: recent.map((death) => death.session),
    holdUntil: last + limits.holdMs,
    suspected: suspect(recent, machine),
  };
}

function suspect(deaths: readonly Death[], machine: MachineState): string {
  if (machine.freeDiskMb !== undefined && machine.freeDiskMb < 500) return "low disk";
  if (machine.freeMemoryMb !== undefined && machine.freeMemoryMb < 200) return "low memory";
  const tails = deaths.map((death) => death.tail ?? "").join("\n");
  if (/\b429\b|rate limit|quota exceeded|usage limit/i.test(tails)) return "rate limit";
  if (/ENOTFOUND|ECONNREFUSED|ETIMEDOUT|network is unreachable|could not resolve host/i.test(tails))
    return "network";
  const runtimes = new Set(deaths.map((death) => death.runtime));
  return runtimes.size === 1 ? `same runtime: ${[...runtimes].join()}` : "unknown";
}
