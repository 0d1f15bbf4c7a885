import { formatTime } from "../../../core/clock.ts";
import { formatSpan } from "../../../core/duration.ts";
import type { QueueRow } from "../../../core/merge/queue-view.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";

/** A request as JSON (spec/05 §4.1). */
export function requestDocument(row: QueueRow): Readonly<Record<string, unknown>> {
  const { mr } = row;
  return {
    id: mr.id,
    title: mr.title,
    status: mr.status,
    phase: row.status === "blocked" || row.status === "held" ? row.status : mr.phase,
    phase_reason: row.reason,
    priority: mr.priority,
    score: Math.round(row.score * 10) / 10,
    branch: mr.branch,
    target: row.target,
    source_issue: mr.sourceIssue,
    worker: mr.worker,
    rig: mr.rig,
    commit_sha: mr.commitSha,
    convoy_id: mr.convoyId,
    retry_count: mr.retryCount,
    fix_attempts: mr.fixAttempts,
    blocked_by: row.blockedBy,
    run: mr.run,
    created_at: formatTime(mr.createdAt),
    updated_at: formatTime(mr.updatedAt),
  };
}

export const requestColumns = ["id", "score", "pri", "convoy", "branch", "target", "status", "age"] as const;

export function requestCells(row: QueueRow, now: number): readonly string[] {
  const { mr } = row;
  return [
    mr.id,
    row.score.toFixed(1),
    `P${mr.priority}`,
    mr.convoyId || "-",
    sanitiseLine(mr.branch),
    sanitiseLine(row.target),
    row.status,
    formatSpan(Math.max(0, now - mr.createdAt)),
  ];
}
