import { formatTime } from "../../../core/clock.ts";
import type { Agent, Bead, Comment, Dependency } from "../../../core/ledger/bead.ts";
import { type BeadField, fieldsAfterLabels, fieldsBeforeLabels } from "../../../core/ledger/bead-fields.ts";
import type { Change, Ledger } from "../../../core/ledger/ledger.ts";

export type Json = Readonly<Record<string, unknown>>;

/** Edges of a set of beads, by the bead that they start or end at. */
export interface EdgeIndex {
  from(id: string): readonly Dependency[];
  to(id: string): readonly Dependency[];
}

export async function edgeIndex(ledger: Ledger, ids: readonly string[]): Promise<EdgeIndex> {
  const edges = ids.length === 0 ? [] : await ledger.edges(ids);
  const from = Map.groupBy(edges, (edge) => edge.from);
  const to = Map.groupBy(edges, (edge) => edge.to);
  return { from: (id) => from.get(id) ?? [], to: (id) => to.get(id) ?? [] };
}

/** The shape **Bead** of spec/01 §2.5; an agent's bead carries the columns of its row. */
export function beadJson(
  bead: Bead,
  more: { readonly inserted?: Json; readonly agent?: Agent | undefined } = {},
): Json {
  const json: Record<string, unknown> = {};
  addFields(json, bead, fieldsBeforeLabels);
  json["labels"] = bead.labels;
  Object.assign(json, more.inserted);
  addFields(json, bead, fieldsAfterLabels);
  if (more.agent !== undefined) Object.assign(json, agentJson(more.agent));
  Object.assign(json, bead.extra);
  json["rev"] = bead.rev;
  return json;
}

function addFields(json: Record<string, unknown>, bead: Bead, fields: readonly BeadField[]): void {
  for (const field of fields) {
    const value = bead[field.property];
    if (field.always || !isEmpty(value))
      json[field.json] = field.kind.endsWith("ime") ? formatTime(Number(value)) : value;
  }
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === "" || value === 0 || value === false) return true;
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** The shape **BeadCounts**. */
export function beadCounts(bead: Bead, edges: EdgeIndex, commentCount: number): Json {
  const own = edges.from(bead.id);
  const parent = parentIn(own);
  return beadJson(bead, {
    inserted: {
      ...(own.length === 0 ? {} : { dependencies: own.map(dependencyJson) }),
      dependency_count: own.length,
      dependent_count: edges.to(bead.id).length,
      comment_count: commentCount,
      ...(parent === undefined ? {} : { parent }),
    },
  });
}

/** The bead's parent among its own edges. */
export function parentIn(own: readonly Dependency[]): string | undefined {
  return own.find((edge) => edge.type === "parent-child")?.to;
}

/** The shape **BeadDep**: a bead with the type of the edge that leads to it. */
export function beadDep(bead: Bead, type: string): Json {
  return { ...beadJson(bead), dependency_type: type };
}

/** The shallow form of **BeadDep** for dependents. */
export function shallowBeadDep(bead: Bead, type: string): Json {
  return {
    id: bead.id,
    title: bead.title,
    status: bead.status,
    priority: bead.priority,
    issue_type: bead.type,
    dependency_type: type,
  };
}

/** The shape **DepRecord**. */
export function dependencyJson(edge: Dependency): Json {
  return {
    issue_id: edge.from,
    depends_on_id: edge.to,
    type: edge.type,
    created_at: formatTime(edge.createdAt),
    ...(edge.createdBy === "" ? {} : { created_by: edge.createdBy }),
    ...(edge.metadata === "" ? {} : { metadata: edge.metadata }),
    ...(edge.threadId === "" ? {} : { thread_id: edge.threadId }),
  };
}

/** The shape **Comment**. */
export function commentJson(comment: Comment): Json {
  return {
    id: comment.id,
    issue_id: comment.beadId,
    author: comment.author,
    text: comment.text,
    created_at: formatTime(comment.createdAt),
  };
}

/** The shape **Event**. */
export function changeJson(change: Change): Json {
  return {
    seq: change.seq,
    id: `${change.tx}.${change.seq}`,
    issue_id: change.beadId,
    event_type: change.type,
    actor: change.actor,
    ...(change.oldValue === undefined ? {} : { old_value: change.oldValue }),
    ...(change.newValue === undefined ? {} : { new_value: change.newValue }),
    ...(change.comment ? { comment: change.comment } : {}),
    created_at: formatTime(change.createdAt),
  };
}

const alwaysShown = new Set([
  "role_type",
  "rig",
  "address",
  "agent_state",
  "hook_bead",
  "notification_level",
]);

/** The columns of an agent's row as top-level keys (spec/01 §6.1). */
export function agentJson(agent: Agent): Json {
  const time = (value: number | undefined) => (value === undefined ? undefined : formatTime(value));
  const columns = {
    role_type: agent.role,
    rig: agent.rig,
    agent_name: agent.name,
    address: agent.address,
    agent_state: agent.state,
    hook_bead: agent.hookBead,
    hook_state: agent.hookState,
    hook_seq: agent.hookSeq,
    cleanup_status: agent.cleanupStatus,
    active_mr: agent.activeMr,
    notification_level: agent.notificationLevel,
    mode: agent.mode,
    runtime: agent.runtime,
    session_id: agent.sessionId,
    branch: agent.branch,
    base_branch: agent.baseBranch,
    base_sha: agent.baseSha,
    exit_type: agent.exitType,
    mr_id: agent.mrId,
    mr_failed: agent.mrFailed,
    push_failed: agent.pushFailed,
    completion_time: time(agent.completionTime),
    restarts: agent.restarts,
    crash_loop_since: time(agent.crashLoopSince),
    last_op: agent.lastOp,
    last_activity: time(agent.lastActivity),
    last_progress_at: time(agent.lastProgressAt),
    last_session_at: time(agent.lastSessionAt),
  };
  return Object.fromEntries(
    Object.entries(columns).filter(([name, value]) => alwaysShown.has(name) || !isEmpty(value)),
  );
}
