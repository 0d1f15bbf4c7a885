import { finishedLabel, pausedLabel, skippedLabel } from "./convoy.ts";
import type { ConvoySnapshot, TrackedBead } from "./convoy-snapshot.ts";
import type { ConvoyStanding } from "./convoy-state.ts";
import type { MountainMemory } from "./mountain-memory.ts";

export interface MountainAudit {
  readonly verdict:
    | "moving"
    | "paused"
    | "finished"
    | "finished-before"
    | "moving-again"
    | "stalled"
    | "waiting";
  readonly memory: MountainMemory;
}

export interface AuditContext {
  readonly now: number;
  readonly stallAfterMs: number;
  readonly isDispatchPaused: boolean;
  /** Assignees that made progress lately. */
  readonly progressing: ReadonlySet<string>;
}

const repeatMs = 60 * 60_000;

/** Whether a mountain moves, is finished but for what was skipped, or stands still: the first rule that fits (spec/05 §8.3). Pure. */
export function auditMountain(
  snapshot: ConvoySnapshot,
  standing: ConvoyStanding,
  before: MountainMemory | undefined,
  context: AuditContext,
): MountainAudit {
  const seen = signature(snapshot);
  const memory = before?.seen === seen ? before : { seen, since: context.now, reportedAt: 0 };
  const { labels } = snapshot.convoy;
  const isFinished = isFinishedWithSkips(snapshot, standing);
  const wasFinished = labels.includes(finishedLabel);
  if (wasFinished && !isFinished) return { verdict: "moving-again", memory };
  if (labels.includes(pausedLabel) || context.isDispatchPaused) return { verdict: "paused", memory };
  if (isFinished) return { verdict: wasFinished ? "finished-before" : "finished", memory };
  const isWorkedOn = snapshot.tracked.some(
    ({ bead, mergeRequest }) =>
      (mergeRequest !== undefined && ["ready", "running"].includes(mergeRequest.phase)) ||
      (standing.beads.get(bead.id)?.state === "in-flight" && context.progressing.has(bead.assignee)),
  );
  if (isWorkedOn) return { verdict: "moving", memory: { ...memory, since: context.now, reportedAt: 0 } };
  if (context.now - memory.since < context.stallAfterMs) return { verdict: "waiting", memory };
  if (context.now - memory.reportedAt < repeatMs) return { verdict: "waiting", memory };
  return { verdict: "stalled", memory: { ...memory, reportedAt: context.now } };
}

/** Everything left was skipped, or can only go on when something skipped does (rule M4). */
function isFinishedWithSkips({ tracked }: ConvoySnapshot, standing: ConvoyStanding): boolean {
  const left = tracked.filter(({ bead }) => standing.beads.get(bead.id)?.state !== "closed");
  const given = new Set(left.filter(isSkipped).map(({ bead }) => bead.id));
  if (given.size === 0) return false;
  for (let size = -1; size !== given.size; ) {
    size = given.size;
    for (const { bead, blockers } of left)
      if (blockers.some((blocker) => blocker.skipped || given.has(blocker.id))) given.add(bead.id);
  }
  return left.every(({ bead }) => given.has(bead.id));
}

export const isSkipped = ({ bead }: Pick<TrackedBead, "bead">): boolean => bead.labels.includes(skippedLabel);

function signature({ tracked }: ConvoySnapshot): string {
  return tracked
    .map(({ bead, mergeRequest }) =>
      [bead.id, bead.status, mergeRequest?.phase, bead.labels.includes(skippedLabel)].join(),
    )
    .join(";");
}
