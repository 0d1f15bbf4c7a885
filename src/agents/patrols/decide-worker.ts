import type { SessionRecord } from "../sessions/session-host.ts";
import { hookedAt } from "./agent-health.ts";
import { decideCompletion } from "./decide-completion.ts";
import { decideProgress, decideReport } from "./decide-progress.ts";
import { rebuild, restartOrGiveUp } from "./decide-restart.ts";
import { type WitnessLimits, witnessLimits } from "./witness-limits.ts";
import type { WorkerAction } from "./worker-action.ts";
import type { WorkerView } from "./worker-view.ts";

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
  const { agent, bead, session } = view;
  if (bead !== undefined && bead.assignee !== agent.address && bead.status !== "closed")
    return {
      kind: "clear-hook",
      detection: "W14",
      reason: `${bead.id} is held by ${bead.assignee || "nobody"}`,
    };
  const isAlive = session !== undefined && session.phase !== "exited";
  // The next sweep sees a session that has ended, and W1 decides.
  if (isAlive && view.isRuntimeGone)
    return { kind: "end-session", detection: "W2", reason: "its process is gone" };
  if (agent.state === "idle" || agent.state === "nuked")
    return isAlive ? decideLinger(view, now, limits) : decideLeftover(view);
  const completion = decideCompletion(view, now, limits);
  if (completion !== undefined) return completion;
  if (bead === undefined || bead.status === "closed" || agent.hookState !== "active") return undefined;
  if (isAwaitingMerge(view)) return undefined;
  if (!isAlive && limits.isByHand) return decideReport(view, now, limits);
  if (!isAlive) return decideDead(view, now, limits);
  // An agent cannot work in a directory that is gone.
  if (!view.hasWorktree && agent.state === "working") return rebuild(view, limits);
  return decideProgress(view, now, limits);
}

/** W3, D9: the session of an agent whose work is over. */
function decideLinger(view: WorkerView, now: number, limits: WitnessLimits): WorkerAction | undefined {
  if (limits.keepsSessions && (view.session?.phase === "working" || (view.session?.viewers ?? 0) > 0))
    return undefined;
  const dueAt = Math.max(view.agent.completionTime ?? 0, view.session?.startedAt ?? 0) + limits.endGraceMs;
  if (now < dueAt) return { kind: "wait", detection: "W3", until: dueAt };
  return { kind: "end-session", detection: "W3", reason: "done-not-exited" };
}

/** W11: an idle sandbox is looked through once, and again when it looks different. */
function decideLeftover({ agent, leftoverMark, memory }: WorkerView): WorkerAction | undefined {
  if (agent.state !== "idle" || leftoverMark === undefined || leftoverMark === memory.tidied)
    return undefined;
  return { kind: "tidy", detection: "W11", mark: leftoverMark };
}

/** W1. */
function decideDead(view: WorkerView, now: number, limits: WitnessLimits): WorkerAction | undefined {
  const { agent, session } = view;
  if (agent.state !== "working" && agent.state !== "spawning" && agent.state !== "done") return undefined;
  if (view.hasLanded)
    return { kind: "close-landed", detection: "W1", reason: "its commits are on their target" };
  if (!view.hasPlace)
    return { kind: "abandon", detection: "W12", reason: "its sandbox and its session are gone" };

  // A session of an earlier assignment says nothing about this one.
  const own = session !== undefined && session.startedAt >= (hookedAt(view.bead) ?? 0) ? session : undefined;
  if (own === undefined || (agent.state === "spawning" && session === undefined)) {
    const dueAt =
      (hookedAt(view.bead) ?? 0) + (agent.state === "spawning" ? limits.spawnGraceMs : limits.startGraceMs);
    if (now < dueAt) return { kind: "wait", detection: "W1", until: dueAt };
    return restartOrGiveUp(view, dueAt, now, limits, { detection: "W1", reason: "no session" });
  }
  if (own.exitReason === "host-lost") return restartAfterLoss(view, own, now, limits);
  // Whoever asked for the end also decides about the next start: a person who stopped it, a handoff, `gt done`. Who takes
  // back a suspension without starting a session himself says so by the state.
  if (own.expected === true && own.exitReason === "stopped" && agent.state !== "spawning") return undefined;
  return restartOrGiveUp(view, own.endedAt ?? now, now, limits, {
    detection: "W1",
    reason: describeEnd(view),
  });
}

/** The host died, not the agent: no crash. A script is begun anew once; losing it twice is for a person (spec/03 §1.6). */
function restartAfterLoss(
  view: WorkerView,
  lost: SessionRecord,
  now: number,
  limits: WitnessLimits,
): WorkerAction {
  // The loss was answered, but no session has come of it: starts that fail are counted as those after a crash are.
  if (lost.runId !== undefined && lost.runId === view.memory.lostRun)
    return restartOrGiveUp(view, lost.endedAt ?? now, now, limits, {
      detection: "W1",
      reason: "did not start again",
    });
  if (lost.agent === "shell" && view.memory.losses >= 1)
    return { kind: "stuck", detection: "W1", reason: "the session host was lost twice", count: 2 };
  return { kind: "restart", detection: "W1", reason: "session host lost", hostLost: true };
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
