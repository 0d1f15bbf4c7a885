import { formatTime } from "../../clock.ts";

type Column = string | number | null;

const times: ReadonlySet<string> = new Set([
  "completion_time",
  "crash_loop_since",
  "last_activity",
  "last_progress_at",
  "last_session_at",
]);
const flags: ReadonlySet<string> = new Set(["mr_failed", "push_failed"]);
const integers: ReadonlySet<string> = new Set(["hook_seq", "restarts"]);
const states: ReadonlySet<string> = new Set([
  "spawning",
  "working",
  "done",
  "idle",
  "stuck",
  "awaiting-gate",
  "paused",
  "running",
  "stopped",
  "nuked",
]);

/** An agent column as JSON shows it (spec/01 §6.1). */
export function agentJson(column: string, value: Column): unknown {
  if (value === null) return null;
  if (flags.has(column)) return value === 1;
  return times.has(column) ? formatTime(Number(value)) : value;
}

/** A value of JSON or of an `Agent` as its column holds it; words of other programs become ours. */
export function agentColumn(column: string, value: unknown): Column {
  if (times.has(column)) {
    if (typeof value === "number") return value;
    const ms = typeof value === "string" ? Date.parse(value) : Number.NaN;
    return Number.isNaN(ms) ? null : ms;
  }
  if (flags.has(column)) return value === true ? 1 : 0;
  if (integers.has(column)) return typeof value === "number" ? value : 0;
  const text = typeof value === "string" ? value : "";
  if (column === "agent_state") return agentState(text);
  return column === "notification_level" && text === "" ? "normal" : text;
}

function agentState(word: string): string {
  const state = word.replaceAll("_", "-");
  if (state === "escalated") return "stuck";
  return states.has(state) ? state : "idle";
}

/** Times that say an agent is alive; they are written without a trace in the feed (spec/01 §6.2). */
export function isLiveness(column: string): boolean {
  return column === "last_activity" || column === "last_progress_at" || column === "last_session_at";
}
