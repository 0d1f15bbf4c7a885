import { formatSpan } from "../duration.ts";
import type { AgentState, HookState } from "../ledger/bead.ts";
import { idleFor, type ProgressSignals } from "./progress.ts";
import { defaultThresholds, type HealthThresholds } from "./thresholds.ts";

export type HealthState = "gupp" | "stalled" | "zombie" | "working" | "idle";

/**
 * What is known about an agent's session: `alive`, `dead` (it had one and that is gone), `none` (it never had one of
 * ours: judged by its signals), `unknown` (the host does not answer: never counts as death).
 */
export type Liveness = "alive" | "dead" | "none" | "unknown";

export interface HealthSignals extends ProgressSignals {
  readonly now: number;
  readonly state: AgentState;
  readonly hookState: HookState;
  /** Work is on the hook. */
  readonly isHooked: boolean;
  readonly isRalph: boolean;
  readonly session: Liveness;
  /** The agent's worktree is gone although it should be there. */
  readonly isWorktreeMissing?: boolean;
  /** Its terminal lives, but the program in it does not. */
  readonly isRuntimeGone?: boolean;
  /** When the state became `spawning`. */
  readonly spawningSince?: number;
  /** A question on its screen waits for a person. */
  readonly isWaiting?: boolean;
  /** The runtime said that a limit was reached. */
  readonly isLimited?: boolean;
  readonly thresholds?: HealthThresholds;
}

export interface Health {
  readonly state: HealthState;
  /** Milliseconds without progress; 0 when nothing is on the hook. */
  readonly idleMs: number;
  /** Why a suspended hook rests: `paused`, `stuck`, `gate`, `needs-human`, `limited`. */
  readonly tag?: "paused" | "stuck" | "gate" | "needs-human" | "limited";
  readonly needsAttention: boolean;
  /** Empty when all is well. */
  readonly reason: string;
  /** What a person should do next; empty when nothing. */
  readonly suggestion: string;
}

/** One agent's health from its signals; the first matching class wins (spec/04 §1.6). */
export function assess(signals: HealthSignals): Health {
  const thresholds = signals.thresholds ?? defaultThresholds;
  const isActive = signals.isHooked && signals.hookState !== "suspended" && signals.state !== "stuck";
  const idleMs = isActive ? idleFor(signals, signals.now, thresholds.weakCreditMs) : 0;

  const death = causeOfDeath(signals, thresholds);
  if (death !== undefined)
    return { state: "zombie", idleMs, needsAttention: true, reason: death, suggestion: "restart" };
  if (!isActive) return resting(signals);
  if (signals.isLimited)
    return {
      state: "working",
      idleMs,
      tag: "limited",
      needsAttention: false,
      reason: "rate limited",
      suggestion: "",
    };
  if (signals.isWaiting)
    return {
      state: "stalled",
      idleMs,
      tag: "needs-human",
      needsAttention: true,
      reason: "waits for an answer",
      suggestion: "attach and answer",
    };

  const stalledMs = signals.isRalph ? thresholds.stalledRalphMs : thresholds.stalledMs;
  const guppMs = signals.isRalph ? thresholds.guppRalphMs : thresholds.guppMs;
  if (idleMs >= guppMs)
    return {
      state: "gupp",
      idleMs,
      needsAttention: true,
      reason: `no progress for ${formatSpan(idleMs)}, work on hook`,
      suggestion: "nudge or restart",
    };
  if (idleMs >= stalledMs)
    return {
      state: "stalled",
      idleMs,
      needsAttention: true,
      reason: `quiet for ${formatSpan(idleMs)}`,
      suggestion: "nudge",
    };
  return { state: "working", idleMs, needsAttention: false, reason: "", suggestion: "" };
}

function causeOfDeath(signals: HealthSignals, thresholds: HealthThresholds): string | undefined {
  if (signals.session === "alive") {
    if (signals.state === "nuked") return "session without an identity";
    if (signals.isWorktreeMissing) return "worktree missing";
    return signals.isRuntimeGone ? "its program is gone" : undefined;
  }
  if (signals.session !== "dead") return undefined;
  const isSuspended =
    signals.hookState === "suspended" || signals.state === "stuck" || signals.state === "paused";
  if (isSuspended) return undefined;
  if (signals.state === "spawning") {
    const age = signals.now - (signals.spawningSince ?? signals.now);
    return age >= thresholds.spawnGraceMs ? "never started" : undefined;
  }
  const isExpected =
    signals.state === "working" || signals.state === "done" || signals.hookState === "active";
  return isExpected ? "session dead" : undefined;
}

const tags: Partial<Record<AgentState, NonNullable<Health["tag"]>>> = {
  stuck: "stuck",
  paused: "paused",
  "awaiting-gate": "gate",
};

function resting(signals: HealthSignals): Health {
  const tag =
    tags[signals.state] ?? (signals.isHooked && signals.hookState === "suspended" ? "paused" : undefined);
  const isStuck = tag === "stuck";
  return {
    state: "idle",
    idleMs: 0,
    ...(tag === undefined ? {} : { tag }),
    needsAttention: isStuck,
    reason: isStuck ? "gave up or asked for help" : "",
    suggestion: isStuck ? "look at it, then resume" : "",
  };
}

const rank: Record<HealthState, number> = { gupp: 0, stalled: 1, zombie: 2, working: 3, idle: 4 };

/** Most urgent first; within a class the longest idle first. */
export function byUrgency(
  one: { readonly health: HealthState; readonly idleMs: number },
  other: { readonly health: HealthState; readonly idleMs: number },
): number {
  return rank[one.health] - rank[other.health] || other.idleMs - one.idleMs;
}

export const healthSymbols: Record<
  HealthState,
  { readonly symbol: string; readonly ascii: string; readonly label: string }
> = {
  gupp: { symbol: "🔥", ascii: "!!", label: "GUPP!" },
  stalled: { symbol: "⚠", ascii: "!", label: "STALL" },
  zombie: { symbol: "💀", ascii: "X", label: "dead" },
  working: { symbol: "●", ascii: "*", label: "work" },
  idle: { symbol: "○", ascii: "-", label: "idle" },
};
