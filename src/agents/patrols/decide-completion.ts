import { hookedAt } from "./agent-health.ts";
import type { WitnessLimits } from "./witness-limits.ts";
import type { WorkerAction } from "./worker-action.ts";
import type { WorkerView } from "./worker-view.ts";

/** W5, W17, W18, W23: work that is over in one way or another, although its agent still holds it. Pure. */
export function decideCompletion(
  view: WorkerView,
  now: number,
  limits: WitnessLimits,
): WorkerAction | undefined {
  const { agent, bead } = view;
  const isRecorded =
    (agent.exitType === "COMPLETED" || agent.exitType === "DEFERRED") &&
    (agent.completionTime ?? 0) > (hookedAt(bead) ?? 0);
  if (isRecorded && (agent.state === "working" || agent.state === "done"))
    return {
      kind: "set-free",
      detection: "W17",
      reason: `gt done (${agent.exitType}) was recorded but not ended`,
    };
  if (bead === undefined || agent.hookState !== "active") return undefined;
  if (bead.status === "closed")
    return view.isUnsubmitted ? decideOwnClose(view, now, limits) : decideClosed(view, now, limits);
  if ((agent.pushFailed || agent.mrFailed) && agent.state === "working")
    return decideRetry(view, now, limits);
  return undefined;
}

/** W23: the agent closed its bead, but its commits are neither landed nor handed in. */
function decideOwnClose(view: WorkerView, now: number, limits: WitnessLimits): WorkerAction | undefined {
  const { agent, memory } = view;
  if (memory.acted["ask"] !== undefined) return undefined;
  if (memory.acted["W23-hand-in"] !== undefined)
    return {
      kind: "ask",
      detection: "W23",
      reason: `${agent.hookBead} is closed and its branch not handed in`,
    };
  const handIn: WorkerAction = {
    kind: "hand-in",
    detection: "W23",
    reason: `${agent.hookBead} was closed without gt done`,
  };
  if (!mayLive(view, limits)) return handIn;
  const told = memory.acted["W23"];
  if (told === undefined)
    return {
      kind: "nudge",
      detection: "W23",
      text: `${agent.hookBead} is closed, but your commits are not handed in. Run gt done now.`,
      minutes: 0,
    };
  const dueAt = told.at + limits.handInGraceMs;
  return now < dueAt ? { kind: "wait", detection: "W23", until: dueAt } : handIn;
}

/** W5: somebody else closed the bead under a working agent. */
function decideClosed(view: WorkerView, now: number, limits: WitnessLimits): WorkerAction {
  const reason = `${view.agent.hookBead} is closed`;
  if (!mayLive(view, limits)) return { kind: "release", detection: "W5", reason };
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
  return { kind: "release", detection: "W5", reason };
}

/** W18: handing in failed at the network or the queue; it is tried again without the agent. */
function decideRetry(view: WorkerView, now: number, limits: WitnessLimits): WorkerAction | undefined {
  const { agent, memory } = view;
  if (memory.acted["ask"] !== undefined) return undefined;
  const last = memory.acted["W18"];
  const what = agent.pushFailed ? "the push" : "the submission";
  if (last === undefined) return { kind: "hand-in", detection: "W18", reason: `${what} failed` };
  const dueAt = last.at + limits.retryEveryMs;
  if (now < dueAt) return { kind: "wait", detection: "W18", until: dueAt };
  if (last.count < limits.retries)
    return { kind: "hand-in", detection: "W18", reason: `${what} failed ${last.count + 1} times` };
  return {
    kind: "ask",
    detection: "W18",
    reason: `${what} of ${agent.branch} failed ${last.count + 1} times`,
  };
}

/** Of an agent that was started by hand nobody here knows whether it runs. */
const mayLive = ({ session }: WorkerView, limits: WitnessLimits): boolean =>
  limits.isByHand || (session !== undefined && session.phase !== "exited");
