import { decideRestart } from "../../core/health/restart-series.ts";
import type { WitnessLimits } from "./witness-limits.ts";
import type { Detection, WorkerAction } from "./worker-action.ts";
import type { WorkerView } from "./worker-view.ts";

/** What follows a death at `diedAt`: the next restart of the series, waiting for it, or giving up (W1, W20). Pure. */
export function restartOrGiveUp(
  view: WorkerView,
  diedAt: number,
  now: number,
  limits: WitnessLimits,
  because: { readonly detection: Detection; readonly reason: string },
): WorkerAction {
  const decision = decideRestart(view.memory.restarts, diedAt, now, limits.restarts);
  if (decision.kind === "wait") return { kind: "wait", detection: because.detection, until: decision.until };
  if (decision.kind === "crash-loop")
    return {
      kind: "stuck",
      detection: "W20",
      reason: `died ${decision.count + 1} times in a row`,
      count: decision.count,
    };
  return view.hasWorktree ? { kind: "restart", ...because } : rebuild(view, limits);
}

/** W15: the restart makes the worktree anew first; one that vanishes again and again is for a person. */
export function rebuild(view: WorkerView, limits: WitnessLimits): WorkerAction {
  const count = view.memory.acted["W15"]?.count ?? 0;
  if (count < limits.repairs)
    return { kind: "restart", detection: "W15", reason: "its worktree was deleted" };
  return { kind: "stuck", detection: "W15", reason: `its worktree was deleted ${count + 1} times`, count };
}
