import { decideRestart, type RestartSeries, roleRestartLimits } from "../../core/health/restart-series.ts";
import type { SessionRecord } from "../sessions/session-host.ts";

/** A long-lived role with a session of its own, as the daemon sees it (spec/04 §8.3 D4, D7, §8.4). */
export interface RoleView {
  readonly address: string;
  /** `mayor`: a person talks to it, it is only kept alive. `patrol`: it must also do its rounds. */
  readonly kind: "mayor" | "patrol";
  readonly session?: SessionRecord;
  readonly memory: RoleMemory;
  /** Last sign of life: its own commands, what it achieved, output. */
  readonly activeAt: number;
  /** Somebody waits for its rounds: work in flight, or mail for it. In a town at rest it may rest, too. */
  readonly isNeeded: boolean;
}

/** What was done about a role before; a row of the table `patrols`. */
export interface RoleMemory {
  readonly series: RestartSeries;
  readonly nudgedAt?: number;
  /** A crash loop has been reported. */
  readonly isGivenUp?: boolean;
}

export const freshRole: RoleMemory = { series: { restartedAt: [] } };

export type RoleAction =
  | { readonly kind: "start"; readonly reason: string }
  | { readonly kind: "wait"; readonly until: number }
  | { readonly kind: "nudge"; readonly reason: string }
  | { readonly kind: "restart"; readonly reason: string }
  | { readonly kind: "give-up"; readonly count: number };

export interface RoleLimits {
  readonly staleMs: number;
  readonly veryStaleMs: number;
  /** So long after its start nothing is concluded. */
  readonly graceMs: number;
  /** A mayor's session that ended by itself comes back after so long: a person may have ended it from inside. */
  readonly missingMs: number;
}

/** What to do about one such role. Pure. */
export function decideRole(view: RoleView, now: number, limits: RoleLimits): RoleAction | undefined {
  const { session, memory } = view;
  if (session === undefined || session.phase === "exited") return decideDead(view, now, limits);
  if (view.kind === "mayor" || !view.isNeeded) return undefined;
  // Whoever looks at it sees what it does.
  if (session.viewers > 0) return undefined;
  if (session.phase === "limited" || session.phase === "waiting" || session.phase === "dialog")
    return undefined;
  if (now - session.startedAt < limits.graceMs) return undefined;
  const silentMs = now - Math.max(view.activeAt, session.startedAt);
  if (silentMs >= limits.veryStaleMs) {
    const decision = decideRestart(memory.series, now, now, roleRestartLimits);
    if (decision.kind === "crash-loop") return giveUp(view, decision.count);
    if (decision.kind === "wait") return { kind: "wait", until: decision.until };
    return { kind: "restart", reason: "it has not done its rounds" };
  }
  if (silentMs < limits.staleMs) return undefined;
  const dueAt = (memory.nudgedAt ?? 0) + limits.staleMs;
  return now < dueAt ? undefined : { kind: "nudge", reason: "it has not done its rounds" };
}

function decideDead(view: RoleView, now: number, limits: RoleLimits): RoleAction | undefined {
  const { session, memory } = view;
  if (session === undefined) return view.kind === "mayor" ? undefined : firstStart(view, now);
  // Somebody asked for the end, and says when it is to begin again.
  if (session.expected === true && session.exitReason === "stopped" && view.kind === "mayor")
    return undefined;
  if (session.exitReason === "host-lost") return { kind: "start", reason: "session host lost" };
  const dueAt = (session.endedAt ?? now) + (view.kind === "mayor" ? limits.missingMs : 0);
  if (now < dueAt) return { kind: "wait", until: dueAt };
  const decision = decideRestart(memory.series, session.endedAt ?? now, now, roleRestartLimits);
  if (decision.kind === "crash-loop") return giveUp(view, decision.count);
  if (decision.kind === "wait") return { kind: "wait", until: decision.until };
  return { kind: "start", reason: "its session ended" };
}

/** A start that failed leaves no session behind, but counts. */
function firstStart(view: RoleView, now: number): RoleAction | undefined {
  const decision = decideRestart(view.memory.series, 0, now, roleRestartLimits);
  if (decision.kind === "crash-loop") return giveUp(view, decision.count);
  if (decision.kind === "wait") return { kind: "wait", until: decision.until };
  return { kind: "start", reason: "it is to have a session" };
}

function giveUp({ memory }: RoleView, count: number): RoleAction | undefined {
  return memory.isGivenUp === true ? undefined : { kind: "give-up", count };
}
