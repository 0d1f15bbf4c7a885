import { isObject, type JsonObject } from "./json-file.ts";
import {
  amount,
  flag,
  integer,
  list,
  map,
  oneOf,
  pattern,
  type SettingType,
  span,
  text,
} from "./setting-types.ts";

export type SettingScope = "town" | "rig" | "both";

/** One key of `settings/config.json` or of a rig's (spec/07 §6.3, §6.4). */
export interface SettingKey {
  readonly key: string;
  readonly type: SettingType;
  /** Undefined: not set unless somebody sets it. */
  readonly default: unknown;
  readonly scope: SettingScope;
}

const some = span("positive");
const any = span("zero");
const bytes = pattern("a size", "16MB", /^\d+(KB|MB|GB)?$/);
const clockTime = pattern("a time of day", "03:00", /^([01]\d|2[0-3]):[0-5]\d$/);
const address = pattern("a URL, or off", "http://localhost:9428/insert/jsonline", /^(https?:\/\/\S+|off)$/);
const colour = pattern("a colour", "#1e3a5f", /^#[0-9a-fA-F]{6}$/);

type Row = readonly [key: string, type: SettingType, initial?: unknown];

const townRows: readonly Row[] = [
  ["agent_email_domain", pattern("a host name", "gastown.local", /^[A-Za-z0-9.-]+$/), "gastown.local"],
  ["backup.git_repo", text],
  ["budget.daily_usd", amount, 0],
  ["budget.session_usd", amount, 0],
  ["cli_theme", oneOf("auto", "dark", "light"), "auto"],
  ["convoy.feed_grace", some, "60s"],
  ["convoy.feed_max", integer(1), 5],
  ["convoy.notify_on_complete", flag, false],
  ["cost_tier", oneOf("standard", "economy", "budget")],
  ["crew_agents", map, {}],
  ["disabled_patrols", list, []],
  ["events.max_bytes", bytes, "16MB"],
  ["events.min_retain_count", integer(0), 100],
  ["events.prune_interval", some, "1h"],
  ["events.ttl", map, {}],
  ["feed_curator.done_dedupe_window", some, "10s"],
  ["feed_curator.min_aggregate_count", integer(2), 3],
  ["feed_curator.sling_aggregate_window", some, "30s"],
  ["lifecycle.backup.enabled", flag, true],
  ["lifecycle.backup.interval", some, "15m"],
  ["lifecycle.doctor.enabled", flag, true],
  ["lifecycle.doctor.interval", some, "5m"],
  ["lifecycle.reaper.delete_age", some, "168h"],
  ["lifecycle.reaper.enabled", flag, true],
  ["lifecycle.reaper.interval", some, "30m"],
  ["maintenance.interval", text, "daily"],
  ["maintenance.window", clockTime, "03:00"],
  ["merge_queue.max_parallel_gates", integer(1), 2],
  ["mountain.audit_interval", some, "5m"],
  ["mountain.judge", oneOf("rules", "agent"), "rules"],
  ["mountain.max_failures", integer(1), 3],
  ["mountain.stall_after", some, "10m"],
  ["notifications.level", oneOf("verbose", "normal", "muted"), "normal"],
  ["operational.daemon.deacon_grace", some, "5m"],
  ["operational.daemon.heartbeat", some, "3m"],
  ["operational.daemon.idle_dog_remove", some, "4h"],
  ["operational.daemon.idle_dog_session", some, "1h"],
  ["operational.daemon.idle_polecat_session", some, "15m"],
  ["operational.daemon.lifecycle_mail_max_age", some, "6h"],
  ["operational.daemon.mass_death_count", integer(2), 3],
  ["operational.daemon.mass_death_window", some, "30s"],
  ["operational.daemon.max_dogs", integer(0), 4],
  ["operational.daemon.pressure_cpu", amount, 0],
  ["operational.daemon.pressure_mem_gb", amount, 0],
  ["operational.daemon.pressure_sessions", integer(0), 0],
  ["operational.daemon.stale_working_dog", some, "2h"],
  ["operational.deacon.feed_cooldown", some, "10m"],
  ["operational.deacon.feed_max", integer(0), 3],
  ["operational.deacon.ping_cooldown", some, "5m"],
  ["operational.deacon.ping_failures", integer(1), 3],
  ["operational.deacon.ping_timeout", some, "30s"],
  ["operational.deacon.redispatch_cooldown", some, "5m"],
  ["operational.deacon.redispatch_max", integer(0), 3],
  ["operational.deacon.stale", some, "5m"],
  ["operational.deacon.stale_hook", some, "1h"],
  ["operational.deacon.very_stale", some, "20m"],
  ["operational.disk.block_mb", integer(0), 500],
  ["operational.disk.warn_mb", integer(0), 1024],
  ["operational.health.gupp", some, "30m"],
  ["operational.health.gupp_ralph", some, "4h"],
  ["operational.health.stalled", some, "15m"],
  ["operational.health.stalled_ralph", some, "2h"],
  ["operational.health.weak_credit", any, "30m"],
  ["operational.mail.idle_notify", some, "3s"],
  ["operational.mail.max_concurrent_ack", integer(1, 64), 8],
  ["operational.mail.reply_reminder", any, "0s"],
  ["operational.nudge.lock_timeout", some, "30s"],
  ["operational.nudge.max_queue_depth", integer(1, 1000), 50],
  ["operational.nudge.normal_ttl", some, "30m"],
  ["operational.nudge.ready_timeout", some, "10s"],
  ["operational.nudge.retry_interval", some, "500ms"],
  ["operational.nudge.stale_claim", some, "5m"],
  ["operational.nudge.urgent_ttl", some, "2h"],
  ["operational.polecat.heartbeat_stale", some, "3m"],
  ["operational.polecat.max_dirs", integer(1), 30],
  ["operational.polecat.max_working", integer(1), 25],
  ["operational.polecat.pool_size", integer(1), 50],
  ["operational.polecat.session_on_done", oneOf("end", "keep"), "end"],
  ["operational.session.cycle_cooldown", any, "10m"],
  ["operational.session.end_grace", some, "3s"],
  ["operational.session.graceful_stop", some, "3s"],
  ["operational.session.min_handoff_cooldown", any, "2m"],
  ["operational.session.nudge_retries", integer(0), 2],
  ["operational.session.nudge_verify", some, "25s"],
  ["operational.session.pass_env", list, []],
  ["operational.session.resume_on_restart", flag, true],
  ["operational.session.start_probe", some, "3s"],
  ["operational.session.start_timeout", some, "60s"],
  ["operational.snapshot.interval", some, "10m"],
  ["operational.snapshot.max_file_mb", integer(1), 50],
  ["operational.snapshot.min_gap", some, "2m"],
  ["operational.snapshot.quiet", some, "30s"],
  ["operational.web.max_body", integer(1), 100_000],
  ["operational.web.max_concurrent", integer(1), 12],
  ["operational.web.max_subject", integer(1), 500],
  ["operational.witness.done_stuck_alive", some, "10m"],
  ["operational.witness.done_stuck_dead", some, "60s"],
  ["operational.witness.interval", some, "60s"],
  ["operational.witness.max_bead_respawns", integer(0), 3],
  ["operational.witness.max_session_restarts", integer(0), 3],
  ["operational.witness.session_restart_window", some, "15m"],
  ["operational.witness.spawn_grace", some, "5m"],
  ["operational.witness.startup_quiet", some, "60s"],
  ["operational.witness.startup_stall", some, "90s"],
  ["scheduler.age_boost", some, "30m"],
  ["scheduler.batch_size", integer(1), 1],
  ["scheduler.max_polecats", integer(-1), -1],
  ["rig_defaults", map, {}],
  ["scheduler.rig_max", map, {}],
  ["scheduler.spawn_delay", any, "0s"],
  ["sessions.backend", oneOf("host", "tmux", "none"), "host"],
  ["telemetry.logs_url", address],
  ["telemetry.metrics_url", address],
  ["tui.colours", map, {}],
  ["tui.keys", map, {}],
  ["tui.mouse", flag, true],
  ["tui.notify", oneOf("none", "bell", "desktop"), "none"],
  ["tui.reduced_motion", flag, false],
  ["tui.theme", oneOf("auto", "dark", "light", "high-contrast"), "auto"],
  ["wasteland", map, {}],
  ["web_timeouts.cmd", some, "15s"],
  ["web_timeouts.default_run", some, "30s"],
  ["web_timeouts.fetch", some, "8s"],
  ["web_timeouts.gh", some, "10s"],
  ["web_timeouts.max_run", some, "60s"],
  ["worker_status.heartbeat_fresh", some, "5m"],
  ["worker_status.mayor_active", some, "5m"],
  ["worker_status.stale", some, "5m"],
  ["worker_status.stuck", some, "30m"],
];

const bothRows: readonly Row[] = [
  ["agents", map, {}],
  ["default_agent", text, "claude"],
  ["on_compact", map, {}],
  ["role_agents", map, {}],
  ["role_effort", map, {}],
];

const rigRows: readonly Row[] = [
  ["agent", text],
  ["crew.startup", text, ""],
  ["merge_queue.auto_push", flag, true],
  ["merge_queue.batch.adaptive", flag, true],
  ["merge_queue.batch.batch_wait_time", any, "30s"],
  ["merge_queue.batch.classify_interaction", flag, false],
  ["merge_queue.batch.max_batch_size", integer(1), 8],
  ["merge_queue.batch.retry_batch_on_flaky", flag, true],
  ["merge_queue.build_command", text, ""],
  ["merge_queue.delete_merged_branches", flag, true],
  ["merge_queue.direct_gates", flag, false],
  ["merge_queue.early_land", flag, true],
  ["merge_queue.enabled", flag, true],
  ["merge_queue.every_commit_green", flag, false],
  ["merge_queue.gate_clean", oneOf("untracked", "all"), "untracked"],
  ["merge_queue.gate_timeout", some, "30m"],
  ["merge_queue.gates", map, {}],
  ["merge_queue.gates_fail_fast", flag, true],
  ["merge_queue.gates_parallel", flag, true],
  ["merge_queue.integration_branch_auto_land", flag, false],
  ["merge_queue.integration_branch_polecat_enabled", flag, true],
  ["merge_queue.integration_branch_refinery_enabled", flag, true],
  ["merge_queue.integration_branch_template", text, "integration/{title}"],
  ["merge_queue.judgment_enabled", flag, false],
  ["merge_queue.lint_command", text, ""],
  ["merge_queue.local_origin", oneOf("update", "branch", "refuse"), "update"],
  ["merge_queue.max_concurrent", integer(1), 1],
  ["merge_queue.max_conflict_tasks", integer(0), 1],
  ["merge_queue.max_fix_attempts", integer(0), 3],
  ["merge_queue.max_retry_count", integer(0), 5],
  ["merge_queue.merge_strategy", oneOf("mr", "pr", "local", "direct"), "mr"],
  ["merge_queue.merge_style", oneOf("squash", "merge", "rebase", "ff-only"), "squash"],
  ["merge_queue.on_base_red", oneOf("hold"), "hold"],
  ["merge_queue.on_conflict", oneOf("assign_back", "auto_rebase"), "assign_back"],
  ["merge_queue.on_failure", oneOf("redispatch", "assign_back", "hold"), "redispatch"],
  ["merge_queue.poll_interval", some, "30s"],
  ["merge_queue.pr_checks_timeout", some, "15m"],
  ["merge_queue.pr_merge", oneOf("queue", "human"), "queue"],
  ["merge_queue.pr_wait_checks", flag, true],
  ["merge_queue.require_review", flag, false],
  ["merge_queue.retention", some, "14d"],
  ["merge_queue.retry_flaky_tests", integer(0), 1],
  ["merge_queue.review_depth", oneOf("quick", "standard", "deep"), "standard"],
  ["merge_queue.run_tests", flag, true],
  ["merge_queue.setup_command", text, ""],
  ["merge_queue.sign_commits", flag, false],
  ["merge_queue.speculation", oneOf("off", "bisect"), "bisect"],
  ["merge_queue.stale_claim_timeout", some, "30m"],
  ["merge_queue.test_command", text, ""],
  ["merge_queue.tests_required", flag, false],
  ["merge_queue.trailers", flag, true],
  ["merge_queue.trust_pre_verified", oneOf("recorded", "off"), "recorded"],
  ["merge_queue.typecheck_command", text, ""],
  ["merge_queue.vcs_provider", oneOf("github", "bitbucket"), "github"],
  ["namepool.max_before_numbering", integer(1), 50],
  ["namepool.names", list, []],
  ["namepool.style", text],
  ["polecat_pool_size", integer(0), 4],
  ["runtime", map],
  ["theme.custom.bg", colour],
  ["theme.custom.fg", colour],
  ["theme.name", text],
  ["worker_agents", map, {}],
  ["workflow.default_formula", text, "mol-polecat-work"],
];

/** All settings; `merge_queue.max_parallel_gates` is the town's, the rest of that group is the rig's. */
export const settingKeys: readonly SettingKey[] = [
  ...townRows.map((row) => toKey(row, "town")),
  ...bothRows.map((row) => toKey(row, "both")),
  ...rigRows.map((row) => toKey(row, "rig")),
].sort((one, other) => (one.key < other.key ? -1 : 1));

const byKey = new Map(settingKeys.map((entry) => [entry.key, entry]));
const groups = new Set(settingKeys.flatMap(({ key }) => parentsOf(key)));

export function findSettingKey(key: string): SettingKey | undefined {
  return byKey.get(key);
}

/** The map that this dotted path leads into, e.g. `agents` for `agents.mine.command`. */
export function mapAround(key: string): SettingKey | undefined {
  return parentsOf(key)
    .map((parent) => byKey.get(parent))
    .find((entry) => entry?.type === map);
}

/** True, or what was expected instead. Unknown keys are somebody else's and pass (spec/07 §6.1). */
export function isAcceptable(key: string, value: unknown): true | string {
  const entry = byKey.get(key);
  if (entry) return entry.type.accepts(value) || entry.type.description;
  if (groups.has(key)) return isObject(value) || "a JSON object";
  return true;
}

export function builtInTownSettings(): JsonObject {
  return defaultsOf((scope) => scope !== "rig");
}

/** The rig's own defaults; those of the town lie below them already. */
export function builtInRigSettings(): JsonObject {
  return defaultsOf(() => true);
}

function defaultsOf(isWanted: (scope: SettingScope) => boolean): JsonObject {
  const settings: JsonObject = {};
  for (const entry of settingKeys) {
    if (entry.default === undefined || !isWanted(entry.scope)) continue;
    const parts = entry.key.split(".");
    const last = parts.pop() ?? "";
    let at = settings;
    for (const part of parts) {
      const below = at[part];
      const next: JsonObject = isObject(below) ? below : {};
      at[part] = next;
      at = next;
    }
    at[last] = structuredClone(entry.default);
  }
  return settings;
}

function parentsOf(key: string): readonly string[] {
  const parts = key.split(".");
  return parts.slice(1).map((_, index) => parts.slice(0, index + 1).join("."));
}

function toKey([key, type, initial]: Row, scope: SettingScope): SettingKey {
  return { key, type, default: initial, scope };
}
