import { type Sleep, sleptSince } from "../../core/health/machine-sleep.ts";
import { progressAt } from "../../core/health/progress.ts";
import { decideRestart, type RestartSeries, roleRestartLimits } from "../../core/health/restart-series.ts";
import { type LifeLimits, type LifeRecord, lifeState } from "../../core/health/sign-of-life.ts";
import type { SessionRecord } from "../sessions/session-host.ts";

/** A long-lived role with a session of its own, as the daemon sees it (spec/04 §8.3 D4, D7, §8.4, §10.1). */
export interface RoleView {
  readonly address: string;
  /** `mayor`: a person talks to it. `patrol`: it must do its rounds. */
  readonly kind: "mayor" | "patrol";
  readonly session?: SessionRecord;
  readonly memory: RoleMemory;
  /** Last sign of life: its own commands, what it achieved. Output is none, but see `silenceOf`. */
  readonly signalAt: number;
  /** The last question for one. */
  readonly life?: LifeRecord;
  /** That question waits, and nobody has begun to type it. */
  readonly isQueued: boolean;
  /** Somebody waits for it, so that a question is worth the turn that it costs. In a town at rest it may rest, too. */
  readonly isNeeded: boolean;
  /** When the machine slept, and everybody with it. */
  readonly sleeps: readonly Sleep[];
}

/** What was done about a role before; a row of the table `patrols`. */
export interface RoleMemory {
  readonly series: RestartSeries;
  /** A crash loop has been reported. */
  readonly isGivenUp?: boolean;
}

export const freshRole: RoleMemory = { series: { restartedAt: [] } };

export type RoleAction =
  | { readonly kind: "start"; readonly reason: string }
  | { readonly kind: "wait"; readonly until: number }
  /** Ask for a sign of life; a role that patrols is told by that to do its rounds, too. */
  | { readonly kind: "ask"; readonly failures: number; readonly silentSince: number }
  /** It has answered: its silences count no more. */
  | { readonly kind: "pardon" }
  | { readonly kind: "restart"; readonly reason: string; readonly silentSince: number }
  | { readonly kind: "give-up"; readonly count: number };

export interface RoleLimits extends LifeLimits {
  /** Who is silent for so long is asked. */
  readonly staleMs: number;
  /**
   * Who is in the middle of a turn is asked only after so long, as a tool may take its time and could not be told before
   * the turn's end; a role that patrols is not given more questions after that.
   */
  readonly veryStaleMs: number;
  /** So long after its start nothing is concluded. */
  readonly graceMs: number;
  /** A mayor's session that ended by itself comes back after so long: a person may have ended it from inside. */
  readonly missingMs: number;
  /** How far output alone can put a question off (spec/04 §1.6). */
  readonly weakCreditMs: number;
}

/** What to do about one such role. Pure. */
export function decideRole(view: RoleView, now: number, limits: RoleLimits): RoleAction | undefined {
  const { session } = view;
  if (session === undefined || session.phase === "exited") return decideDead(view, now, limits);
  return decideLiving(view, session, now, limits);
}

function decideLiving(
  view: RoleView,
  session: SessionRecord,
  now: number,
  limits: RoleLimits,
): RoleAction | undefined {
  const { life } = view;
  const awakeSince = (at: number): number => now - at - sleptSince(view.sleeps, at, now);
  const asked =
    life === undefined || life.failures === 0
      ? undefined
      : lifeState(
          life,
          { signalAt: Math.max(view.signalAt, session.startedAt), ageMs: awakeSince(life.askedAt) },
          limits,
        );
  if (asked?.kind === "answered") return { kind: "pardon" };
  if (!view.isNeeded || !mayBeAsked(session)) return undefined;
  const ageMs = awakeSince(session.startedAt);
  if (ageMs < limits.graceMs) return { kind: "wait", until: now + limits.graceMs - ageMs };
  if (asked?.kind === "asked") return { kind: "wait", until: now + asked.leftMs };

  const patienceMs = session.phase === "working" ? limits.veryStaleMs : limits.staleMs;
  const silentSince =
    asked === undefined
      ? silenceOf(view.signalAt, session, limits)
      : (life?.silentSince ?? life?.askedAt ?? now);
  const silentMs = awakeSince(silentSince);
  if (silentMs < patienceMs) return { kind: "wait", until: now + patienceMs - silentMs };
  // An idle Mayor that does not take it has a person's unsent words in its input line.
  const isUnheard = view.kind === "mayor" && view.isQueued && session.phase === "idle";
  const failures = (asked?.failures ?? 0) - (isUnheard ? 1 : 0);
  const isVeryStale = view.kind === "patrol" && silentMs >= limits.veryStaleMs;
  if (failures >= limits.failures || (failures > 0 && isVeryStale))
    return decideEnd(view, now, {
      reason: `no sign of life after ${failures} health ${failures === 1 ? "check" : "checks"}`,
      silentSince,
    });
  const sinceLastMs = life === undefined ? limits.cooldownMs : awakeSince(life.askedAt);
  if (sinceLastMs < limits.cooldownMs) return { kind: "wait", until: now + limits.cooldownMs - sinceLastMs };
  // Whoever could rest until now is not blamed for that: the silence counts from when somebody would have asked.
  return { kind: "ask", failures: failures + 1, silentSince: Math.max(silentSince, now - patienceMs) };
}

/** Whoever looks at it sees what it does; who waits for a person or the end of a limit is silent for a reason. */
export function mayBeAsked({ viewers, phase }: SessionRecord): boolean {
  return viewers === 0 && phase !== "limited" && phase !== "waiting" && phase !== "dialog";
}

/**
 * When the silence of one began that was not asked yet. Output on its screen puts that off, but only for so long; a turn
 * that begins or ends, or the end of a limit, is no silence.
 */
export function silenceOf(
  signalAt: number,
  session: SessionRecord,
  { weakCreditMs }: Pick<RoleLimits, "weakCreditMs">,
): number {
  const signals = {
    sessionStartedAt: session.startedAt,
    strongAt: signalAt,
    ...(session.lastOutputAt === undefined ? {} : { weakAt: session.lastOutputAt }),
  };
  return Math.max(progressAt(signals, weakCreditMs), session.phaseSince);
}

/** For the restarts of a series it was dead from the moment that it fell silent. */
function decideEnd(
  view: RoleView,
  now: number,
  end: { readonly reason: string; readonly silentSince: number },
): RoleAction | undefined {
  const decision = decideRestart(view.memory.series, end.silentSince, now, roleRestartLimits);
  if (decision.kind === "crash-loop") return giveUp(view, decision.count);
  if (decision.kind === "wait") return { kind: "wait", until: decision.until };
  return { kind: "restart", ...end };
}

function decideDead(view: RoleView, now: number, limits: RoleLimits): RoleAction | undefined {
  const { session, memory } = view;
  if (session === undefined) return view.kind === "mayor" ? undefined : firstStart(view, now);
  // Somebody asked for the end, and says when it is to begin again.
  if (session.expected === true && session.exitReason === "stopped" && view.kind === "mayor")
    return undefined;
  if (session.exitReason === "host-lost") return { kind: "start", reason: "session host lost" };
  // One that we ended ourselves, as it did not answer, has no person who did that.
  const isOurs = session.expected === true && session.exitReason === "killed";
  const dueAt = (session.endedAt ?? now) + (view.kind === "mayor" && !isOurs ? limits.missingMs : 0);
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
