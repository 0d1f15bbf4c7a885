import type { Escalation, Tier } from "./escalation.ts";

export interface TierFacts {
  readonly now: number;
  /** What raised it has passed, as the raiser's own look shows. */
  readonly hasCleared: boolean;
  /** The bead that it names is closed. */
  readonly isRelatedClosed: boolean;
  /** Somebody reads the mayor's mail now. */
  readonly isMayorThere: boolean;
  /** How long the Deacon may keep it, in milliseconds. */
  readonly deaconMs: number;
}

export type TierStep =
  | { readonly kind: "close"; readonly reason: string }
  | { readonly kind: "forward"; readonly to: Tier; readonly why: string };

/**
 * What the Deacon's round does with an open escalation: what has passed by itself is closed, whoever has it by now; of the
 * rest, what nobody has acknowledged goes to who can judge, and nothing pressing waits for a mayor who is not there
 * (spec/06 §8.2). Pure.
 */
export function nextTier(escalation: Escalation, facts: TierFacts): TierStep | undefined {
  const { state, tier, severity, tierSince, createdAt, owner } = escalation;
  const cleared: TierStep = { kind: "close", reason: "condition cleared" };
  if (facts.hasCleared) return cleared;
  if (state !== "open" || owner !== "") return undefined;
  if (tier === "deacon") {
    // What somebody asked about a bead may still matter to a person when the bead is done.
    if (facts.isRelatedClosed) return cleared;
    const since = Date.parse(tierSince) || createdAt;
    if (facts.now - since < facts.deaconMs) return undefined;
    return { kind: "forward", to: "mayor", why: "code cannot settle it" };
  }
  const isPressing = severity === "critical" || severity === "high";
  if (tier === "mayor" && isPressing && !facts.isMayorThere)
    return { kind: "forward", to: "overseer", why: "the mayor is not running" };
  return undefined;
}
