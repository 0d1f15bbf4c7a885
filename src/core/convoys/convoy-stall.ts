import type { ConvoyStanding } from "./convoy-state.ts";

/** Since when a convoy is stuck and for what reasons (runtime row, by convoy). */
export interface ConvoyStall {
  readonly reasons: string;
  /** Milliseconds since the epoch. */
  readonly since: number;
  /** Its owner was told of these reasons. */
  readonly isTold: boolean;
}

export interface StallStep {
  /** Undefined: it is not stuck, and nothing is remembered. */
  readonly memory: ConvoyStall | undefined;
  /** These reasons are new. */
  readonly isNew: boolean;
  /** The owner is to be told now. */
  readonly tell: boolean;
  /** When to look again if nothing changes; milliseconds from now. */
  readonly againMs?: number;
}

const tellAfterMs = 10 * 60_000;

/** What a look at a convoy means for its stall: an event per set of reasons, a mail after ten minutes of it (spec/05 §6.6). Pure. */
export function stallStep(
  standing: Pick<ConvoyStanding, "state" | "reasons">,
  before: ConvoyStall | undefined,
  now: number,
): StallStep {
  if (standing.state !== "stuck") return { memory: undefined, isNew: false, tell: false };
  const reasons = standing.reasons.toSorted().join("; ");
  const isNew = before?.reasons !== reasons;
  const known = before === undefined || isNew ? { reasons, since: now, isTold: false } : before;
  if (known.isTold) return { memory: known, isNew, tell: false };
  const leftMs = known.since + tellAfterMs - now;
  if (leftMs > 0) return { memory: known, isNew, tell: false, againMs: leftMs };
  return { memory: { ...known, isTold: true }, isNew, tell: true };
}
