import type { MrInput } from "./queue-state.ts";
import { openConflictTasks, type WaitingRequest } from "./open-requests.ts";
import { allTargets, type TargetRecord } from "./target-record.ts";

export interface InputFilter {
  readonly now: number;
  readonly targets: ReadonlyMap<string, TargetRecord>;
  readonly maxConflictTasks: number;
  /** Only this target. */
  readonly target?: string;
}

/** The requests that may run or wait for a blocker; the others have an end, a person or a hold to wait for. */
export function queueInputs(requests: readonly WaitingRequest[], filter: InputFilter): readonly MrInput[] {
  return requests
    .filter((request) => mayRun(request, requests, filter))
    .map(({ mr, target, blockedBy }) => ({
      id: mr.id,
      target,
      strategy: mr.strategy,
      head: mr.commitSha,
      priority: mr.priority,
      createdAt: mr.createdAt,
      ...(mr.convoyCreatedAt === undefined ? {} : { convoyCreatedAt: mr.convoyCreatedAt }),
      retryCount: mr.retryCount,
      dependsOn: blockedBy,
      carried: mr.carried,
      crashes: mr.crashes,
    }));
}

function mayRun(request: WaitingRequest, all: readonly WaitingRequest[], filter: InputFilter): boolean {
  const { mr, target } = request;
  if (filter.target !== undefined && filter.target !== target) return false;
  if (filter.targets.get(target)?.paused ?? filter.targets.get(allTargets)?.paused) return false;
  if (mr.status !== "open" || mr.withdrawn !== undefined || mr.labels.includes("gt:owned-direct"))
    return false;
  if (mr.holdUntil !== undefined && mr.holdUntil > filter.now) return false;
  switch (mr.phase) {
    case "ready":
    case "blocked":
      return true;
    case "held":
      return (
        mr.phaseReason !== "conflict_slot" ||
        openConflictTasks(all, target).length < Math.max(1, filter.maxConflictTasks)
      );
    default:
      return false;
  }
}
