import type { TownEvent } from "./event.ts";

export type EventCategory = "agent" | "work" | "merge" | "comms" | "patrol" | "system";

export interface EventType {
  readonly category: EventCategory;
  readonly symbol: string;
  /**
   * `{x}` is the payload's value, `{x~}` the short name of an address, `[...]` is left out when a value in it is missing.
   * Alternatives from the longest to the shortest: the first one whose values are all there is used.
   */
  readonly messages: readonly string[];
}

type Row = readonly [symbol: string, ...messages: string[]];

/** Symbols and wording of everything that is logged (spec/06 §9.4): feed, logs, TUI and dashboard say the same. */
const table: Readonly<Record<EventCategory, Readonly<Record<string, Row>>>> = {
  work: {
    create: ["+", "created {bead}[: {title}]"],
    update: ["→", "{bead} → {status}", "updated {bead}[ ({fields})]"],
    complete: ["✓", "closed {bead}[: {title}]"],
    reopen: ["↺", "reopened {bead}"],
    delete: ["⊘", "deleted {bead}"],
    comment: ["💬", "commented on {bead}"],
    pin: ["📌", "pinned {bead}"],
    fail: ["✗", "failed {bead}[: {reason}]"],
    sling: ["🎯", "slung {bead}[ → {target~}]"],
    hook: ["🪝", "hooked {bead}"],
    unhook: ["↩", "unhooked {bead}"],
    done: ["✓", "done: {bead}"],
    scheduler_enqueue: ["⏳", "queued {bead} for dispatch"],
    scheduler_dispatch: ["🎯", "dispatched {bead}[ → {polecat}]"],
    scheduler_dispatch_failed: ["✗", "dispatch of {bead} failed[: {error}]"],
    scheduler_close_retry: ["↺", "retrying dispatch cleanup of {bead}"],
    convoy_created: ["🚚", "convoy {convoy}[: {title}][ ({total})]"],
    convoy_launched: ["🚚", "launched {convoy}"],
    convoy_fed: ["🚚", "fed {convoy}[: {beads}]"],
    convoy_landed: ["🏁", "landed {title}[ ({total}/{total})]", "landed {convoy}"],
    convoy_stalled: ["⚠", "{convoy} stalled[: {reason}]"],
    convoy_closed: ["✓", "closed {convoy}"],
    convoy_staged: ["🚚", "staged {convoy}[ ({status}, {waves} waves)]"],
    convoy_reopened: ["🚚", "reopened {convoy}"],
    convoy_regressed: ["🚚", "{convoy} regressed"],
    convoy_issue_added: ["🚚", "{bead} added to {convoy}"],
    convoy_issue_removed: ["🚚", "{bead} removed from {convoy}"],
    convoy_failure: ["🚚", "{bead} failed in {convoy}"],
    mountain_started: ["⛰", "mountain {convoy} started"],
    mountain_paused: ["⛰", "mountain {convoy} paused"],
    mountain_resumed: ["⛰", "mountain {convoy} resumed"],
    mountain_cancelled: ["⛰", "mountain {convoy} cancelled"],
    mountain_finished: ["⛰", "mountain {convoy} finished[ ({closed}/{total}, {skipped} skipped)]"],
    mountain_skipped: ["⚠", "skipped {bead}[ after {failures} failures]"],
    mountain_stalled: ["⚠", "mountain {convoy} stalled[: {reasons}]"],
    formula_run: ["🧬", "{formula}[: {legs} legs in {convoy}]"],
    mol_pour: ["🧬", "{formula} on {base}[ ({steps} steps)]", "{formula}[ ({steps} steps)]"],
    mol_wisp: ["🧬", "{formula} on {base}[ ({steps} steps)]", "{formula}[ ({steps} steps)]"],
    mol_attach: ["🧬", "{formula} attached to {bead}"],
    mol_detach: ["🧬", "{molecule} detached from {bead}"],
    mol_step_start: ["·", "step {step} of {root} started"],
    mol_step_done: ["·", "step {step} of {root} done"],
    mol_step_skip: ["·", "step {step} of {root} skipped"],
    mol_step_fail: ["✗", "step {step} of {root} failed[ (exit {exit}, attempt {attempt})]"],
    mol_complete: ["✓", "{formula} {root}[: {outcome}]"],
    mol_bond: ["🧬", "bonded {a} and {b}"],
    mol_squash: ["🧬", "squashed {root}"],
    mol_burn: ["🧬", "burned {root}"],
    mol_recover: ["🧬", "recovered {root}[: {what}]"],
    mol_gc: ["🧬", "removed {count} wisps"],
    gate_open: ["⏳", "gate {gate}[ ({type})]"],
    gate_armed: ["⏳", "waiting for {type}[: {reason}]"],
    gate_resolved: ["✓", "gate {gate} resolved"],
    gate_failed: ["✗", "gate {gate} failed[: {reason}]"],
    gate_escalated: ["⬆", "gate {gate} escalated[: {reason}]"],
  },
  merge: {
    mr_submitted: ["⇡", "{branch} in the queue"],
    merge_started: ["⚙", "merging {branch}"],
    batch_started: ["⚙", "testing batch of {mrs#}"],
    batch_bisect: ["⚙", "bisecting {left+right}[ (probe {depth})]"],
    batch_stacked: ["⚙", "stacked {ok}"],
    gate_started: ["⚙", "gate {gate}[ on {prefix}]"],
    gate_finished: ["⚙", "gate {gate}[ on {prefix}][: {verdict}]"],
    gate_flaky: ["⚙", "flaky gate {gate}"],
    mr_superseded: ["⊘", "{mr} superseded"],
    mr_rejected: ["✗", "{mr} rejected[: {reason}]"],
    mr_retried: ["↺", "{mr} retried"],
    mr_retargeted: ["→", "{mr} retargeted"],
    mr_quarantined: ["⛔", "{mr} quarantined[: {reason}]"],
    merge_conflict: ["⚠", "conflict: {branch}"],
    conflict_task_created: ["⚠", "conflict task {bead} for {mr}"],
    no_gates: ["⚠", "{rig} has no gates: what is merged is untested"],
    target_red: ["🛑", "{target} is red"],
    target_green: ["✓", "{target} is green again"],
    push_denied: ["✗", "push to {target} denied[: {reason}]"],
    origin_dirty: ["⚠", "origin checkout has changes[: {target}]"],
    fetch_failed: ["✗", "fetch failed[: {reason}]"],
    target_moved: ["·", "target moved[: {target}]"],
    branch_deleted: ["·", "branch deleted[: {branch}]"],
    branch_kept: ["·", "branch kept[: {branch}]"],
    branch_restored: ["♻", "restored {branch}"],
    run_recovered: ["♻", "recovered run {batch}[: {landed} landed, {released} released]"],
    integration_created: ["⇡", "created {branch}"],
    merged: ["✓", "merged {bead}[ from {worker~}]", "merged {branch}[ from {worker~}]", "merged {mr}"],
    merge_failed: ["✗", "merge failed: {branch}[: {reason}]"],
    merge_skipped: ["⊘", "skipped {branch}[: {reason}]"],
    queue_processed: ["✓", "queue: {merged} merged, {failed} failed"],
    integration_landed: ["🏁", "landed {branch}[ on {target}]"],
  },
  agent: {
    spawn: ["🚀", "spawned {polecat~}[ for {bead}]"],
    nuke: ["🧹", "removed {polecat~}[: {reason}]"],
    reuse: ["🚀", "reused {polecat~}[ for {bead}]"],
    spawn_rollback: ["↩", "undid spawn of {polecat~}"],
    kill: ["💀", "killed {target~}[: {reason}]"],
    session_start: ["▶", "session {session} started[ ({topic})]", "session started[ ({topic})]"],
    session_ready: ["▶", "session {session} is ready"],
    session_waiting: ["❓", "session {session} waits for a person[: {excerpt}]"],
    session_limited: ["⏳", "session {session} is rate limited[ until {until@}]"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the braces are of these templates, the dollars are money
    budget_warning: ["💰", "budget of {scope}: ${spent} of ${limit} used"],
    session_stalled: ["💤", "session {session} does nothing[: {reason}]"],
    session_end: ["⏹", "session ended"],
    session_death: ["☠", "session {session} died[: {reason}]"],
    mass_death: ["💥", "{count} sessions died[ within {window}][: {suspected}]"],
    account_rotate: ["🔑", "session {session} goes on with account {to} instead of {from}"],
    agent_restarted: ["↻", "restarted {agent~}[: {reason}]"],
    agent_state: ["·", "{agent~}: {from} → {to}"],
    hook_created: ["🪝", "hook of {agent~} created"],
    hook_active: ["🪝", "hook of {agent~} active"],
    hook_completed: ["🪝", "hook of {agent~} completed"],
    hook_archived: ["🪝", "hook of {agent~} archived"],
    hook_suspended: ["⏸", "{agent~} suspended[: {reason}]"],
    hook_resumed: ["▶", "{agent~} resumed"],
    agent_stuck: ["⚠", "{agent~} is stuck[: {reason}]"],
    phase_complete: ["⏳", "{agent~} waits[ for {gate}]"],
    polecat_done: ["·", "polecat done[: {bead}]"],
    done_failed: ["·", "done failed[: {bead}]"],
    done_resumed: ["·", "done resumed[: {bead}]"],
    handoff: ["🤝", "handoff[: {subject}]"],
    nudge: ["⚡", "nudged {target~}[: {reason}]"],
    hook_snapshot: ["📷", "snapshot of {agent~}[ ({files} files)]"],
    hook_rollback: ["⏪", "rolled {agent~} back[ to {ref}]"],
  },
  patrol: {
    patrol_started: ["🦉", "{message}", "patrol started[ ({polecat_count} polecats)]"],
    patrol_complete: ["✓", "{message}", "patrol complete[ ({polecat_count} polecats)]"],
    patrol_cycle: ["✓", "{role} patrol {cycle}[: found {findings}]"],
    polecat_checked: ["·", "checked {polecat~}[ ({status})]"],
    polecat_nudged: ["⚡", "nudged {polecat~}[: {reason}]"],
    bead_recovered: ["♻", "recovered {bead}[ from {polecat~}]"],
    spawn_blocked: ["⛔", "{bead} blocked[ after {respawns} respawns]"],
    agent_stalled: ["⚠", "{agent~} stalled[ {minutes}m]"],
    gupp_violation: ["🔥", "no progress[ {minutes}m]: {agent~}"],
    startup_stall: ["⚠", "start of {agent~} hangs"],
    stale_mr: ["⚠", "{mr} waits[ {minutes}m]"],
    dog_timeout: ["⚠", "{dog} timed out"],
    crash_loop: ["💥", "crash loop: {agent~}[ ({count} in {window})]"],
    hook_repaired: ["♻", "{what}"],
    sandbox_repaired: ["♻", "{what}"],
    awaiting_merge_repaired: ["♻", "{what}"],
    dirty_idle: ["♻", "{what}"],
    dog_dispatched: ["🐕", "{dog}[: {plugin}][ {result}]", "{plugin}[ {result}]"],
    dog_done: ["🐕", "{dog}[: {plugin}][ {result}]", "{plugin}[ {result}]"],
    plugin_run: ["🐕", "{dog}[: {plugin}][ {result}]", "{plugin}[ {result}]"],
  },
  comms: {
    mail: ["✉", "→ {to~}[: {subject}]"],
    mail_claimed: ["✉", "claimed {id}[ from {queue}]"],
    mail_released: ["✉", "released {id}[ to {queue}]"],
    nudge_expired: ["⚡", "nobody was told[: {count} nudges for {session}]"],
    protocol: ["✉", "→ {to~}[: {subject}]"],
    broadcast: ["📣", "broadcast[ to {sent}][: {message}]"],
    escalation_sent: [
      "⬆",
      "re-escalated {escalation_id} {old_severity} → {new_severity}",
      "{severity}: {reason}",
      "escalated {target~} to {to}[: {reason}]",
      "escalated to {to}[: {reason}]",
    ],
    escalation_forwarded: ["⬆", "{escalation_id} → {to_tier}"],
    escalation_acked: ["👍", "acknowledged {escalation_id}"],
    escalation_closed: ["🔕", "resolved {escalation_id}[: {reason}]"],
    escalation_delivery_failed: ["✗", "could not notify by {channel}[: {error}]"],
    notify_level: ["🔔", "{agent~} notifications {level}"],
  },
  system: {
    scheduler_paused: ["⏸", "dispatch paused"],
    scheduler_resumed: ["▶", "dispatch resumed"],
    boot: ["🔌", "started {agents}", "started"],
    halt: ["⏹", "stopped {services}", "stopped"],
    daemon_started: ["·", "daemon started"],
    daemon_stopped: ["·", "daemon stopped"],
    host_started: ["·", "host started"],
    host_stopped: ["·", "host stopped"],
    rig_added: ["🏗", "{rig} added"],
    rig_removed: ["🏗", "{rig} removed"],
    rig_parked: ["🏗", "{rig} parked"],
    rig_unparked: ["🏗", "{rig} unparked"],
    rig_docked: ["🏗", "{rig} docked"],
    rig_undocked: ["🏗", "{rig} undocked"],
    crew_added: ["👷", "crew {name} added"],
    crew_removed: ["👷", "crew {name} removed"],
    hook_error: ["✗", "hook {event} of {provider} failed[: {message}]"],
    guard_denied: ["⛔", "{guard} kept the agent from: {command}"],
    hooks_sync: ["·", "hooks files: {created} created, {updated} updated"],
    config_changed: ["·", "set {key}"],
    estop: ["🛑", "emergency stop[: {reason}]"],
    thaw: ["▶", "work resumed"],
    export: ["·", "export"],
    log_rotated: ["·", "log rotated"],
    krc_pruned: ["·", "krc pruned"],
    rate_limited: ["⏸", "{account} rate limited[ until {until@}]"],
    rate_limit_cleared: ["▶", "{account} available again"],
    error: ["✗", "{message}", "{code}"],
  },
};

/** All known types by name. Others are legal too: see `eventType`. */
export const eventTypes: ReadonlyMap<string, EventType> = new Map(
  Object.entries(table).flatMap(([category, rows]) =>
    Object.entries(rows).map(([name, [symbol, ...messages]]): [string, EventType] => [
      name,
      { category: category as EventCategory, symbol, messages },
    ]),
  ),
);

/**
 * Types that are history only (spec/06 §9.4, column "Vis"): nobody has to see them, unless whoever writes one says
 * otherwise. All others are for people.
 */
const auditTypes: ReadonlySet<string> = new Set([
  ...["comment", "pin", "scheduler_close_retry", "convoy_fed", "convoy_issue_added", "convoy_issue_removed"],
  ...["convoy_failure", "mol_wisp", "mol_attach", "mol_detach", "mol_step_start", "mol_step_done"],
  ...["mol_step_skip", "mol_bond", "mol_squash", "mol_burn", "mol_recover", "mol_gc", "gate_open"],
  ...["batch_stacked", "gate_started", "gate_finished", "gate_flaky", "target_moved", "branch_deleted"],
  ...["branch_kept", "queue_processed", "spawn_rollback", "agent_state", "hook_created", "hook_active"],
  ...["hook_completed", "hook_archived", "polecat_done", "done_failed", "done_resumed", "hook_snapshot"],
  ...["patrol_started", "polecat_checked", "hook_repaired", "sandbox_repaired", "awaiting_merge_repaired"],
  ...[
    "dirty_idle",
    "dog_dispatched",
    "dog_done",
    "plugin_run",
    "mail_claimed",
    "mail_released",
    "protocol",
    "nudge_expired",
  ],
  ...["notify_level", "daemon_started", "daemon_stopped", "host_started", "host_stopped", "config_changed"],
  ...["export", "log_rotated", "krc_pruned"],
]);

export const initialVisibility = (type: string): TownEvent["visibility"] =>
  auditTypes.has(type.replaceAll(".", "_")) ? "audit" : "feed";

export const eventCategories = Object.keys(table) as readonly EventCategory[];

/** How a type is shown; one that nobody knows speaks for itself. */
export function eventType(type: string): EventType {
  return (
    eventTypes.get(type) ?? {
      category: "system",
      symbol: "→",
      messages: ["{message}", type.replace(/[._]/g, " ")],
    }
  );
}

export function eventCategory(event: TownEvent): EventCategory {
  return eventType(event.type).category;
}
