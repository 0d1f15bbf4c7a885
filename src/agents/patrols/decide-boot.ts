/** What Boot sees of the Deacon (spec/04 §10.2). */
export interface DeaconView {
  /** Its loop, or its session in agent mode, is there. */
  readonly isThere: boolean;
  /** Last heartbeat, in milliseconds since the epoch; nothing when there never was one. */
  readonly heartbeatAt?: number;
  /** Work is in flight, or mail waits for it. */
  readonly isNeeded: boolean;
}

export type BootAction = "start" | "wake" | "nudge" | "nothing";

export interface BootLimits {
  readonly staleMs: number;
  readonly veryStaleMs: number;
}

/** Boot's one decision. Pure. */
export function decideBoot(view: DeaconView, now: number, limits: BootLimits): BootAction {
  if (!view.isThere) return "start";
  const age = now - (view.heartbeatAt ?? 0);
  if (age >= limits.veryStaleMs) return "wake";
  return age >= limits.staleMs && view.isNeeded ? "nudge" : "nothing";
}
