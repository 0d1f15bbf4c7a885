/** The last question for a sign of life that an agent was asked (spec/04 §10.1); a row of the table `patrols`. Times in milliseconds since the epoch. */
export interface LifeRecord {
  readonly askedAt: number;
  /** Questions in a row that it has not answered; the last one counts from the moment that it is asked. */
  readonly failures: number;
  /** Id of the nudge that is the question. */
  readonly nudge?: string;
  /** When its silence began: what a question leaves on the screen is no output of its own. */
  readonly silentSince?: number;
}

export interface LifeLimits {
  /** How long an answer is waited for. */
  readonly timeoutMs: number;
  /** So many silences in a row end a session. */
  readonly failures: number;
  /** From one question to the next. */
  readonly cooldownMs: number;
}

/** `failures` are the silences in a row so far, without a question that may still be answered. */
export type LifeState =
  | { readonly kind: "answered"; readonly failures: 0 }
  | { readonly kind: "asked"; readonly failures: number; readonly leftMs: number }
  | { readonly kind: "silent"; readonly failures: number };

/** How the agent has answered. `signalAt` is its last sign of life, `ageMs` the time since the question. Pure. */
export function lifeState(
  { askedAt, failures }: LifeRecord,
  { signalAt, ageMs }: { readonly signalAt: number; readonly ageMs: number },
  { timeoutMs }: Pick<LifeLimits, "timeoutMs">,
): LifeState {
  if (signalAt > askedAt || failures === 0) return { kind: "answered", failures: 0 };
  if (ageMs < timeoutMs) return { kind: "asked", failures: failures - 1, leftMs: timeoutMs - ageMs };
  return { kind: "silent", failures };
}
