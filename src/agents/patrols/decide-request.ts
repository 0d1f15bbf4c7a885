import type { WaitingRequest } from "../../core/merge/open-requests.ts";

/** What the Witness has already done about one merge request, each once (W22). */
export interface RequestMemory {
  readonly wokenAt?: number;
  readonly escalatedAt?: number;
}

export interface RequestLimits {
  readonly wakeAfterMs: number;
  readonly escalateAfterMs: number;
}

const minute = 60_000;
export const requestLimits: RequestLimits = { wakeAfterMs: 30 * minute, escalateAfterMs: 120 * minute };

/** Whether a merge request that could run is left lying: then the queue is woken, later somebody is told (W22). Pure. */
export function decideRequest(
  request: WaitingRequest,
  memory: RequestMemory,
  now: number,
  limits: RequestLimits = requestLimits,
): "wake" | "escalate" | undefined {
  const { mr, blockedBy } = request;
  // What is held, rejected for now or being tested is known to the queue; what waits for something else waits for that.
  if (mr.phase !== "ready" || blockedBy.length > 0 || (mr.holdUntil ?? 0) > now) return undefined;
  const quietMs = now - mr.updatedAt;
  if (quietMs >= limits.escalateAfterMs) return memory.escalatedAt === undefined ? "escalate" : undefined;
  return quietMs >= limits.wakeAfterMs && memory.wokenAt === undefined ? "wake" : undefined;
}
