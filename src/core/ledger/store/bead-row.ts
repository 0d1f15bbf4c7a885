import type { Agent, AgentState, Bead, Comment, Dependency, HookState, Role } from "../bead.ts";

/** A row of `issues` with its labels joined by newlines. */
export interface BeadRow {
  readonly id: string;
  readonly scope: string;
  readonly rev: number;
  readonly title: string;
  readonly description: string;
  readonly design: string;
  readonly acceptance_criteria: string;
  readonly notes: string;
  readonly spec_id: string;
  readonly status: string;
  readonly priority: number;
  readonly issue_type: string;
  readonly assignee: string;
  readonly owner: string;
  readonly estimated_minutes: number | null;
  readonly created_at: number;
  readonly created_by: string;
  readonly updated_at: number;
  readonly updated_by: string;
  readonly started_at: number | null;
  readonly closed_at: number | null;
  readonly close_reason: string;
  readonly outcome: string;
  readonly closed_by_session: string;
  readonly due_at: number | null;
  readonly defer_until: number | null;
  readonly external_ref: string | null;
  readonly source_system: string;
  readonly metadata: string;
  readonly sender: string;
  readonly ephemeral: number;
  readonly no_history: number;
  readonly wisp_type: string;
  readonly pinned: number;
  readonly is_template: number;
  readonly await_type: string;
  readonly await_id: string;
  readonly timeout_ns: number;
  readonly waiters: string;
  readonly mol_type: string;
  readonly work_type: string;
  readonly event_kind: string;
  readonly actor: string;
  readonly target: string;
  readonly payload: string;
  readonly source_formula: string;
  readonly source_location: string;
  readonly is_blocked: number;
  readonly extra: string | null;
  readonly label_list: string | null;
}

/** The select list that `toBead` reads, for a query over `issues i`. */
export const beadColumns =
  "i.*, (SELECT group_concat(label, char(10)) FROM labels WHERE issue_id = i.id) AS label_list";

type Writable<T> = { -readonly [K in keyof T]: T[K] };
const nothing = Object.freeze({});
const none: readonly string[] = Object.freeze([]);

/** Written out field by field: it runs for every row of every list. */
export function toBead(row: BeadRow): Bead {
  const bead: Writable<Bead> = {
    id: row.id,
    scope: row.scope,
    rev: row.rev,
    title: row.title,
    description: row.description,
    design: row.design,
    acceptanceCriteria: row.acceptance_criteria,
    notes: row.notes,
    specId: row.spec_id,
    status: row.status,
    priority: row.priority,
    type: row.issue_type,
    assignee: row.assignee,
    owner: row.owner,
    createdAt: row.created_at,
    createdBy: row.created_by,
    updatedAt: row.updated_at,
    updatedBy: row.updated_by,
    closeReason: row.close_reason,
    outcome: row.outcome as Bead["outcome"],
    closedBySession: row.closed_by_session,
    sourceSystem: row.source_system,
    metadata: row.metadata === "{}" ? nothing : (JSON.parse(row.metadata) as Bead["metadata"]),
    labels: row.label_list === null ? none : row.label_list.split("\n"),
    sender: row.sender,
    ephemeral: row.ephemeral === 1,
    noHistory: row.no_history === 1,
    wispType: row.wisp_type,
    pinned: row.pinned === 1,
    isTemplate: row.is_template === 1,
    awaitType: row.await_type,
    awaitId: row.await_id,
    timeoutNs: row.timeout_ns,
    waiters: row.waiters === "[]" ? none : (JSON.parse(row.waiters) as string[]),
    molType: row.mol_type,
    workType: row.work_type,
    eventKind: row.event_kind,
    actor: row.actor,
    target: row.target,
    payload: row.payload,
    sourceFormula: row.source_formula,
    sourceLocation: row.source_location,
    isBlocked: row.is_blocked === 1,
    extra: row.extra === null ? nothing : (JSON.parse(row.extra) as Bead["extra"]),
  };
  if (row.estimated_minutes !== null) bead.estimatedMinutes = row.estimated_minutes;
  if (row.started_at !== null) bead.startedAt = row.started_at;
  if (row.closed_at !== null) bead.closedAt = row.closed_at;
  if (row.due_at !== null) bead.dueAt = row.due_at;
  if (row.defer_until !== null) bead.deferUntil = row.defer_until;
  if (row.external_ref !== null) bead.externalRef = row.external_ref;
  return bead;
}

export interface DependencyRow {
  readonly issue_id: string;
  readonly depends_on_id: string;
  readonly type: string;
  readonly created_at: number;
  readonly created_by: string;
  readonly metadata: string;
  readonly thread_id: string;
  readonly extra: string | null;
}

export function toDependency(row: DependencyRow): Dependency {
  return {
    from: row.issue_id,
    to: row.depends_on_id,
    type: row.type,
    createdAt: row.created_at,
    createdBy: row.created_by,
    metadata: row.metadata,
    threadId: row.thread_id,
  };
}

export interface CommentRow {
  readonly id: string;
  readonly issue_id: string;
  readonly author: string;
  readonly text: string;
  readonly created_at: number;
  readonly extra: string | null;
}

export function toComment(row: CommentRow): Comment {
  return {
    id: row.id,
    beadId: row.issue_id,
    author: row.author,
    text: row.text,
    createdAt: row.created_at,
  };
}

/** Columns of `agents` by the property of `Agent` that they hold. */
export const agentColumns = {
  id: "id",
  address: "address",
  role: "role_type",
  rig: "rig",
  name: "agent_name",
  state: "agent_state",
  hookBead: "hook_bead",
  hookState: "hook_state",
  hookSeq: "hook_seq",
  cleanupStatus: "cleanup_status",
  activeMr: "active_mr",
  notificationLevel: "notification_level",
  mode: "mode",
  runtime: "runtime",
  sessionId: "session_id",
  branch: "branch",
  baseBranch: "base_branch",
  baseSha: "base_sha",
  exitType: "exit_type",
  mrId: "mr_id",
  mrFailed: "mr_failed",
  pushFailed: "push_failed",
  completionTime: "completion_time",
  restarts: "restarts",
  crashLoopSince: "crash_loop_since",
  lastOp: "last_op",
  lastActivity: "last_activity",
  lastProgressAt: "last_progress_at",
  lastSessionAt: "last_session_at",
} as const satisfies Record<keyof Agent, string>;

type AgentTime =
  | "completion_time"
  | "crash_loop_since"
  | "last_activity"
  | "last_progress_at"
  | "last_session_at";
type AgentNumber = "hook_seq" | "mr_failed" | "push_failed" | "restarts";
type AgentText = Exclude<(typeof agentColumns)[keyof Agent], AgentTime | AgentNumber>;
export type AgentRow = Readonly<
  Record<AgentText, string> & Record<AgentNumber, number> & Record<AgentTime, number | null>
>;

export function toAgent(row: AgentRow): Agent {
  const agent: Writable<Agent> = {
    id: row.id,
    address: row.address,
    role: row.role_type as Role,
    rig: row.rig,
    name: row.agent_name,
    state: row.agent_state as AgentState,
    hookBead: row.hook_bead,
    hookState: row.hook_state as HookState,
    hookSeq: row.hook_seq,
    cleanupStatus: row.cleanup_status,
    activeMr: row.active_mr,
    notificationLevel: row.notification_level as Agent["notificationLevel"],
    mode: row.mode as Agent["mode"],
    runtime: row.runtime,
    sessionId: row.session_id,
    branch: row.branch,
    baseBranch: row.base_branch,
    baseSha: row.base_sha,
    exitType: row.exit_type,
    mrId: row.mr_id,
    mrFailed: row.mr_failed === 1,
    pushFailed: row.push_failed === 1,
    restarts: row.restarts,
    lastOp: row.last_op,
  };
  if (row.completion_time !== null) agent.completionTime = row.completion_time;
  if (row.crash_loop_since !== null) agent.crashLoopSince = row.crash_loop_since;
  if (row.last_activity !== null) agent.lastActivity = row.last_activity;
  if (row.last_progress_at !== null) agent.lastProgressAt = row.last_progress_at;
  if (row.last_session_at !== null) agent.lastSessionAt = row.last_session_at;
  return agent;
}
