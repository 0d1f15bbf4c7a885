import { formatSpan } from "../../core/duration.ts";
import { restartOrGiveUp } from "./decide-restart.ts";
import type { WitnessLimits } from "./witness-limits.ts";
import type { WorkerAction } from "./worker-action.ts";
import type { WorkerView } from "./worker-view.ts";

const minute = 60_000;

/** W6-W9: what to do about a living agent that does not get on with the work on its hook, if anything. Pure. */
export function decideProgress(
  view: WorkerView,
  now: number,
  limits: WitnessLimits,
): WorkerAction | undefined {
  const phase = view.session?.phase;
  // A limit is a state with an end, and a question waits for a person: neither is idleness.
  if (phase === "limited" || phase === "waiting" || phase === "dialog") return undefined;
  // A script cannot read a nudge; its own time limit watches it (spec/04 §8.4).
  if (view.session?.agent === "shell") return undefined;
  // It says itself that it is about to end (spec/04 §1.6).
  if (view.isExiting) return undefined;
  return (
    decideGupp(view, now, limits) ??
    decideStalled(view, now, limits) ??
    decideStartup(view, now, limits) ??
    decidePrompt(view, now, limits)
  );
}

/** An agent that a person started is told that it does not get on, and nothing else: it is not ours to restart. */
export function decideReport(view: WorkerView, now: number, limits: WitnessLimits): WorkerAction | undefined {
  const action = decideGupp(view, now, limits) ?? decideStalled(view, now, limits);
  return action?.kind === "nudge" ? action : undefined;
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

/** W6: the session runs, but its agent has not begun: it is told again, and in the end started anew. */
function decideStartup(view: WorkerView, now: number, limits: WitnessLimits): WorkerAction | undefined {
  const { session, memory } = view;
  if (session === undefined || (session.phase !== "starting" && session.phase !== "idle")) return undefined;
  if (view.strongAt > session.startedAt) return undefined;
  const quietSince = Math.max(session.startedAt, session.lastOutputAt ?? 0);
  if (now - session.startedAt < limits.startupStallMs || now - quietSince < limits.startupQuietMs)
    return undefined;
  const age = formatSpan(now - session.startedAt);
  // What was tried with an earlier session says nothing about this one.
  const last = memory.acted["W6"];
  const tries = last !== undefined && last.at >= session.startedAt ? last.count : 0;
  if (last !== undefined && tries > 0 && now - last.at < limits.startupEveryMs)
    return { kind: "wait", detection: "W6", until: last.at + limits.startupEveryMs };
  if (tries >= limits.startupTries)
    return restartOrGiveUp(view, last?.at ?? now, now, limits, {
      detection: "W6",
      reason: `did not begin within ${age}`,
    });
  return {
    kind: "prod",
    detection: "W6",
    keys: session.phase === "starting" ? "\r" : "",
    minutes: Math.floor((now - session.startedAt) / minute),
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
