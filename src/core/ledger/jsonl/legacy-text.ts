import { agentKeys } from "./bead-record.ts";

type Json = Readonly<Record<string, unknown>>;
type ValueKind = "text" | "integer" | "flag" | "list" | "map";

/** Fields that the reference writes as `key: value` lines of the description: their object in `metadata` (spec/01 §6.4). */
interface TextFields {
  readonly object: string;
  /** Kind by key; keys not listed here stay in the description. */
  readonly keys: Readonly<Record<string, ValueKind>>;
  /** Other spellings of keys. */
  readonly aliases?: Readonly<Record<string, string>>;
}

function texts(...keys: readonly string[]): Record<string, ValueKind> {
  return Object.fromEntries(keys.map((key) => [key, "text"]));
}

const attachment: TextFields = {
  object: "attachment",
  keys: {
    ...texts(
      "molecule",
      "formula",
      "formula_version",
      "attached_at",
      "args",
      "dispatched_by",
      "mode",
      "convoy_id",
    ),
    ...texts("merge_strategy", "base_branch"),
    no_merge: "flag",
    review_only: "flag",
    convoy_owned: "flag",
    vars: "map",
  },
  aliases: {
    attached_molecule: "molecule",
    attached_formula: "formula",
    attached_args: "args",
    attached_vars: "vars",
    formula_vars: "vars",
    convoy: "convoy_id",
  },
};

const byType: Readonly<Record<string, TextFields>> = {
  "merge-request": {
    object: "mr",
    keys: {
      ...texts("branch", "target", "source_issue", "worker", "rig", "agent_bead", "commit_sha", "strategy"),
      ...texts(
        "convoy_id",
        "convoy_created_at",
        "pre_verified_at",
        "pre_verified_base",
        "phase",
        "phase_reason",
      ),
      ...texts("hold_until", "run", "last_conflict_sha", "conflict_task_id", "evidence", "landing_sha"),
      ...texts("merge_commit", "close_reason", "landed_by", "pr_number", "pr_url"),
      pre_verified: "flag",
      unchecked_criteria: "integer",
      retry_count: "integer",
      fix_attempts: "integer",
    },
  },
  convoy: {
    object: "convoy",
    keys: {
      ...texts("owner", "merge", "base_branch", "molecule", "epic", "feed", "outcome"),
      notify: "list",
      watchers: "list",
      nudge_watchers: "list",
    },
  },
  rig: { object: "rig", keys: texts("repo", "prefix", "state") },
  escalation: {
    object: "escalation",
    keys: {
      ...texts(
        "severity",
        "reason",
        "source",
        "escalated_by",
        "escalated_at",
        "acked_by",
        "acked_at",
        "closed_by",
      ),
      ...texts(
        "closed_reason",
        "related_bead",
        "original_severity",
        "last_reescalated_at",
        "last_reescalated_by",
      ),
      ...texts("tier", "tier_since", "last_seen_at"),
      reescalation_count: "integer",
      occurrences: "integer",
      delivery: "list",
    },
  },
  queue: {
    object: "queue",
    keys: texts(
      "name",
      "claim_pattern",
      "status",
      "max_concurrency",
      "processing_order",
      "created_by",
      "created_at",
    ),
  },
  channel: {
    object: "channel",
    keys: {
      ...texts("name", "status", "created_by", "created_at"),
      subscribers: "list",
      retention_count: "integer",
      retention_hours: "integer",
    },
  },
  group: {
    object: "group",
    keys: {
      ...texts("name", "status", "created_by", "created_at"),
      members: "list",
      retention_count: "integer",
      retention_hours: "integer",
    },
  },
  role: {
    object: "role",
    keys: {
      ...texts("session_pattern", "work_dir_pattern", "start_command", "ping_timeout", "kill_cooldown"),
      ...texts("stuck_threshold"),
      needs_pre_sync: "flag",
      consecutive_failures: "integer",
      env: "map",
      wisp_ttl: "map",
    },
    aliases: { env_var: "env" },
  },
  slot: { object: "slot", keys: { holder: "text", waiters: "list" } },
};

const attachmentMark =
  /^\s*(?:attached[_-]?\w+|dispatched[_-]?by|convoy[_-]?id|no[_-]?merge|review[_-]?only)\s*:/im;
const withoutAttachment: ReadonlySet<string> = new Set([
  "message",
  "event",
  "digest",
  "gate",
  ...Object.keys(byType),
]);

/**
 * Moves what older programs wrote into the description to where it is stored here: agent columns become top-level keys,
 * fields of other types an object in `metadata`. Keys that are there already win (spec/01 §6.3, §6.4).
 */
export function absorbLegacyText(json: Json): Json {
  const description = json["description"];
  if (typeof description !== "string" || !description.includes(":")) return json;
  const type = String(json["issue_type"] ?? "task");
  if (type === "agent") return absorbAgent(json, description);
  const labels = Array.isArray(json["labels"]) ? json["labels"] : [];
  if (type === "slot" || labels.includes("gt:sling-context")) {
    const object = jsonObject(description);
    const name = type === "slot" ? "slot" : "sling";
    if (object !== undefined) return withMetadata(json, name, object, "");
  }
  const isAttachment = !withoutAttachment.has(type) && attachmentMark.test(description);
  const fields = byType[type] ?? (isAttachment ? attachment : undefined);
  if (fields === undefined) return json;
  const { values, rest } = takeFields(description, fields);
  return Object.keys(values).length === 0 ? json : withMetadata(json, fields.object, values, rest);
}

function withMetadata(json: Json, name: string, values: Json, description: string): Json {
  const metadata = isObject(json["metadata"]) ? json["metadata"] : {};
  const present = isObject(metadata[name]) ? metadata[name] : {};
  return { ...json, description, metadata: { ...metadata, [name]: { ...values, ...present } } };
}

function takeFields(
  description: string,
  fields: TextFields,
): { readonly values: Json; readonly rest: string } {
  const spelled = new Map<string, string>();
  for (const key of Object.keys(fields.keys)) spelled.set(bare(key), key);
  for (const [alias, key] of Object.entries(fields.aliases ?? {})) spelled.set(bare(alias), key);
  const values: Record<string, unknown> = {};
  const kept: string[] = [];
  for (const line of description.split("\n")) {
    const pair = keyValue(line);
    const ttl = fields.object === "role" ? /^wisp_ttl_(\w+)$/i.exec(pair?.key ?? "")?.[1] : undefined;
    const key = ttl === undefined ? spelled.get(bare(pair?.key ?? "")) : "wisp_ttl";
    if (pair === undefined || key === undefined) {
      kept.push(line);
      continue;
    }
    const value = ttl === undefined ? pair.value : `${ttl}=${pair.value}`;
    if (pair.value !== "") addValue(values, key, fields.keys[key] ?? "text", value);
  }
  return { values, rest: trimBlankLines(kept) };
}

function addValue(values: Record<string, unknown>, key: string, kind: ValueKind, text: string): void {
  switch (kind) {
    case "text":
      values[key] = text;
      break;
    case "integer":
      values[key] = /^-?\d+$/.test(text) ? Number(text) : text;
      break;
    case "flag":
      values[key] = /^(?:true|yes|1)$/i.test(text);
      break;
    case "list":
      values[key] = listOf(text);
      break;
    case "map":
      values[key] = { ...(isObject(values[key]) ? values[key] : {}), ...mapOf(text) };
      break;
  }
}

function listOf(text: string): readonly string[] {
  const array = text.startsWith("[") ? parseJson(text) : undefined;
  if (Array.isArray(array)) return array.map(String);
  return text
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function mapOf(text: string): Record<string, string> {
  const entries = listOf(text).map((item) => {
    const at = item.indexOf("=");
    return at < 0 ? ([item, ""] as const) : ([item.slice(0, at), item.slice(at + 1)] as const);
  });
  return Object.fromEntries(entries);
}

function absorbAgent(json: Json, description: string): Json {
  const columns = new Set(agentKeys);
  const found: Record<string, unknown> = {};
  const kept: string[] = [];
  let location = "";
  for (const line of description.split("\n")) {
    const pair = keyValue(line);
    const key = pair?.key.toLowerCase() ?? "";
    if (pair !== undefined && key === "location") location = pair.value;
    else if (pair !== undefined && columns.has(key)) found[key] = agentValue(key, pair.value);
    else if (line.trim() !== "" && line.trim() !== json["title"]) kept.push(line);
  }
  if (Object.keys(found).length === 0 && location === "") return json;
  const present = Object.fromEntries(Object.entries(json).filter(([key]) => columns.has(key)));
  const metadata = isObject(json["metadata"]) ? json["metadata"] : {};
  return {
    ...json,
    ...found,
    ...present,
    description: trimBlankLines(kept),
    ...(location === "" ? {} : { metadata: { location, ...metadata } }),
  };
}

function agentValue(key: string, value: string): unknown {
  if (key === "mr_failed" || key === "push_failed") return value === "true";
  if (key === "restarts" || key === "hook_seq") return Number.parseInt(value, 10) || 0;
  return value;
}

function keyValue(line: string): { readonly key: string; readonly value: string } | undefined {
  const match = /^\s*([A-Za-z][\w -]*?)\s*:(.*)$/.exec(line);
  if (match === null) return undefined;
  const value = (match[2] ?? "").trim();
  return { key: match[1] ?? "", value: value === "null" ? "" : value };
}

function bare(key: string): string {
  return key.toLowerCase().replace(/[_\s-]/g, "");
}

function trimBlankLines(lines: readonly string[]): string {
  return lines.join("\n").replace(/^\n+|\n+$/g, "");
}

function jsonObject(text: string): Json | undefined {
  const value = text.trimStart().startsWith("{") ? parseJson(text) : undefined;
  return isObject(value) ? value : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON after all: the text stays a text.
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
