import { formatSpan } from "../../core/duration.ts";
import { decideRestart, polecatRestartLimits, type RestartLimits } from "../../core/health/restart-series.ts";
import { hookedAt } from "./agent-health.ts";
import type { WorkerView } from "./worker-view.ts";

/** Number of a detection in the table of spec/04 §9.2. */
export type Detection = `W${number}`;

export type WorkerAction =
  | {
      readonly kind: "restart";
      readonly detection: Detection;
      readonly reason: string;
      readonly hostLost?: boolean;
    }
  | { readonly kind: "wait"; readonly detection: Detection; readonly until: number }
  | { readonly kind: "stuck"; readonly detection: Detection; readonly reason: string; readonly count: number }
  | { readonly kind: "end-session"; readonly detection: Detection; readonly reason: string }
  | { readonly kind: "nudge"; readonly detection: Detection; readonly text: string; readonly minutes: number }
  | { readonly kind: "clear-hook"; readonly detection: Detection; readonly reason: string }
  | { readonly kind: "release"; readonly detection: Detection; readonly reason: string };

export interface WitnessLimits {
  readonly restarts: RestartLimits;
  /** An idle agent's session may outlive its work by so much (W3). */
  readonly endGraceMs: number;
  /** A bead hooked this long without a session was forgotten (spec/04 §8.2). */
  readonly startGraceMs: number;
  readonly spawnGraceMs: number;
  readonly promptQuietMs: number;
  readonly promptNudges: number;
  readonly stalledEveryMs: number;
  readonly stalledNudges: number;
  /** After the ping of W9, so long for a strong signal. */
  readonly guppAnswerMs: number;
  readonly guppEveryMs: number;
  /** After the bead was closed by somebody else, so long until the agent is freed (W5). */
  readonly closedGraceMs: number;
}

const second = 1000;
const minute = 60 * second;

export const witnessLimits: WitnessLimits = {
  restarts: polecatRestartLimits,
  endGraceMs: 60 * second,
  startGraceMs: 10 * second,
  spawnGraceMs: 5 * minute,
  promptQuietMs: 5 * minute,
  promptNudges: 3,
  stalledEveryMs: 10 * minute,
  stalledNudges: 2,
  guppAnswerMs: 2 * minute,
  guppEveryMs: 30 * minute,
  closedGraceMs: 5 * minute,
};

/**
 * What to do about one polecat, at most one thing a sweep: restart first, never nuke, never discard, and never touch an
 * agent that a command is working on (spec/04 §9.1-9.2). Pure.
 */
export function decideWorker(
  view: WorkerView,
  now: number,
  limits: WitnessLimits = witnessLimits,
): WorkerAction | undefined {
  if (view.isOperating || !view.isHostKnown) return undefined;
  const { agent, bead } = view;
  if (bead !== undefined && bead.assignee !== agent.address && bead.status !== "closed")
    return {
      kind: "clear-hook",
      detection: "W14",
      reason: `${bead.id} is held by ${bead.assignee || "nobody"}`,
    };
  if (view.session !== undefined && view.session.phase !== "exited") return decideLive(view, now, limits);
  return decideDead(view, now, limits);
}

function decideDead(view: WorkerView, now: number, limits: WitnessLimits): WorkerAction | undefined {
  const { agent, bead, session } = view;
  if (bead === undefined || agent.hookState !== "active") return undefined;
  if (bead.status === "closed") return { kind: "release", detection: "W5", reason: `${bead.id} is closed` };
  if (isAwaitingMerge(view)) return undefined;
  if (agent.state !== "working" && agent.state !== "spawning" && agent.state !== "done") return undefined;

  // A session of an earlier assignment says nothing about this one.
  const own = session !== undefined && session.startedAt >= (hookedAt(view.bead) ?? 0) ? session : undefined;
  if (own === undefined || (agent.state === "spawning" && session === undefined)) {
    const dueAt =
      (hookedAt(view.bead) ?? 0) + (agent.state === "spawning" ? limits.spawnGraceMs : limits.startGraceMs);
    if (now < dueAt) return { kind: "wait", detection: "W1", until: dueAt };
    return restart(view, dueAt, now, limits, "no session");
  }
  if (own.exitReason === "host-lost") return restartAfterLoss(view);
  // Whoever asked for the end also decides about the next start: a person who stopped it, a handoff, `gt done`. Who takes
  // back a suspension without starting a session himself says so by the state.
  if (own.expected === true && own.exitReason === "stopped" && agent.state !== "spawning") return undefined;
  return restart(view, own.endedAt ?? now, now, limits, describeEnd(view));
}

function restart(
  view: WorkerView,
  diedAt: number,
  now: number,
  limits: WitnessLimits,
  reason: string,
): WorkerAction {
  const decision = decideRestart(view.memory.restarts, diedAt, now, limits.restarts);
  if (decision.kind === "wait") return { kind: "wait", detection: "W1", until: decision.until };
  if (decision.kind === "crash-loop")
    return {
      kind: "stuck",
      detection: "W20",
      reason: `died ${decision.count + 1} times in a row`,
      count: decision.count,
    };
  return { kind: "restart", detection: "W1", reason };
}

/** The host died, not the agent: no crash. A script is begun anew once; losing it twice is for a person (spec/03 §1.6). */
function restartAfterLoss(view: WorkerView): WorkerAction {
  if (view.session?.agent === "shell" && view.memory.losses >= 1)
    return { kind: "stuck", detection: "W1", reason: "the session host was lost twice", count: 2 };
  return { kind: "restart", detection: "W1", reason: "session host lost", hostLost: true };
}

function decideLive(view: WorkerView, now: number, limits: WitnessLimits): WorkerAction | undefined {
  const { agent, bead, session } = view;
  if (session === undefined) return undefined;
  if (agent.state === "idle" || agent.state === "nuked") {
    const dueAt = Math.max(agent.completionTime ?? 0, session.startedAt) + limits.endGraceMs;
    if (now < dueAt) return { kind: "wait", detection: "W3", until: dueAt };
    return { kind: "end-session", detection: "W3", reason: "done-not-exited" };
  }
  if (bead === undefined || agent.hookState !== "active") return undefined;
  if (bead.status === "closed") return decideClosed(view, now, limits);
  // A limit is a state with an end, and a question waits for a person: neither is idleness.
  if (session.phase === "limited" || session.phase === "waiting" || session.phase === "dialog")
    return undefined;
  // A script cannot read a nudge; its own time limit watches it (spec/04 §8.4).
  if (session.agent === "shell") return undefined;
  return decideGupp(view, now, limits) ?? decideStalled(view, now, limits) ?? decidePrompt(view, now, limits);
}

/** W5: somebody else closed the bead under a working agent. */
function decideClosed(view: WorkerView, now: number, limits: WitnessLimits): WorkerAction {
  const told = view.memory.acted["W5"];
  if (told === undefined)
    return {
      kind: "nudge",
      detection: "W5",
      text: `${view.agent.hookBead} was closed. Stop working on it; commit what is worth keeping.`,
      minutes: 0,
    };
  const dueAt = told.at + limits.closedGraceMs;
  if (now < dueAt) return { kind: "wait", detection: "W5", until: dueAt };
  return { kind: "release", detection: "W5", reason: `${view.agent.hookBead} is closed` };
}

/** W9: pinged once, restarted when no answer comes, given up on the second time. */
function decideGupp(view: WorkerView, now: number, limits: WitnessLimits): WorkerAction | undefined {
  const { health, memory } = view;
  const pinged = memory.acted["W9"];
  if (health.state !== "gupp") return undefined;
  if (pinged === undefined || now - pinged.at >= limits.guppEveryMs) {
    return {
      kind: "nudge",
      detection: "W9",
      text: `No progress for ${formatSpan(health.idleMs)} on ${view.agent.hookBead}. Go on with it now, or say what is in the way.`,
      minutes: Math.floor(health.idleMs / minute),
    };
  }
  const answerDueAt = pinged.at + limits.guppAnswerMs;
  if (now < answerDueAt) return { kind: "wait", detection: "W9", until: answerDueAt };
  if (pinged.count >= 2)
    return {
      kind: "stuck",
      detection: "W9",
      reason: `no progress for ${formatSpan(health.idleMs)}`,
      count: pinged.count,
    };
  if ((memory.acted["W9-restart"]?.at ?? 0) >= pinged.at) return undefined;
  return { kind: "restart", detection: "W9", reason: `no progress for ${formatSpan(health.idleMs)}` };
}

/** W8. */
function decideStalled(view: WorkerView, now: number, limits: WitnessLimits): WorkerAction | undefined {
  const { health, memory } = view;
  if (health.state !== "stalled") return undefined;
  const last = memory.acted["W8"];
  if ((last?.count ?? 0) >= limits.stalledNudges) return undefined;
  if (last !== undefined && now - last.at < limits.stalledEveryMs)
    return { kind: "wait", detection: "W8", until: last.at + limits.stalledEveryMs };
  return {
    kind: "nudge",
    detection: "W8",
    text: `Quiet for ${formatSpan(health.idleMs)} on ${view.agent.hookBead}: "${view.bead?.title ?? ""}". Go on, or run gt escalate when you cannot.`,
    minutes: Math.floor(health.idleMs / minute),
  };
}

/** W7: it sits at its prompt although there is work on its hook. */
function decidePrompt(view: WorkerView, now: number, limits: WitnessLimits): WorkerAction | undefined {
  const { session, memory } = view;
  if (session?.phase !== "idle" || view.health.state !== "working") return undefined;
  const quietSince = Math.max(view.strongAt, session.phaseSince, memory.acted["W7"]?.at ?? 0);
  if (now - quietSince < limits.promptQuietMs) return undefined;
  if ((memory.acted["W7"]?.count ?? 0) >= limits.promptNudges) return undefined;
  return {
    kind: "nudge",
    detection: "W7",
    text: `There is work on your hook: ${view.agent.hookBead}. Look at it with gt hook and begin.`,
    minutes: Math.floor((now - quietSince) / minute),
  };
}

function isAwaitingMerge(view: WorkerView): boolean {
  const waits = view.bead?.metadata["awaiting_merge"];
  return typeof waits === "string" && waits !== "";
}

function describeEnd(view: WorkerView): string {
  const { session } = view;
  if (session?.exitSignal) return `killed by signal ${session.exitSignal}`;
  return session?.exitCode === undefined ? "session died" : `exited with ${session.exitCode} without gt done`;
}
