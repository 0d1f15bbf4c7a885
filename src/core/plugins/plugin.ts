import { parse } from "@iarna/toml";
import * as z from "zod";
import { parseDuration } from "../duration.ts";
import { type CronSchedule, parseCron } from "./cron.ts";

/** What opens a plugin's gate (spec/04 §11). Spans in milliseconds. */
export type PluginGate =
  | { readonly type: "manual" }
  | { readonly type: "cooldown"; readonly durationMs: number }
  | { readonly type: "cron"; readonly schedule: CronSchedule; readonly text: string }
  | { readonly type: "condition"; readonly check: string; readonly everyMs: number }
  | { readonly type: "event"; readonly on: PluginEvent };

export const pluginEvents = [
  "startup",
  "rig-added",
  "merged",
  "convoy-landed",
  "bead-closed",
  "session-death",
] as const;
export type PluginEvent = (typeof pluginEvents)[number];

/** A chore of the town, described by `plugin.md`: TOML between `+++` lines, then instructions (spec/04 §11). */
export interface Plugin {
  readonly name: string;
  readonly description: string;
  readonly version: number;
  /** As the file says; `gt plugin enable` and `disable` decide locally. */
  readonly isEnabled: boolean;
  readonly gate: PluginGate;
  readonly labels: readonly string[];
  /** Its receipts are summed up once a day. */
  readonly hasDigest: boolean;
  readonly type: "script" | "agent" | "exec-wrapper";
  readonly timeoutMs: number;
  readonly notifiesOnFailure: boolean;
  readonly severity: "critical" | "high" | "medium" | "low";
  /** A plugin of the town runs once in each of these; empty: once for the town. */
  readonly rigs: readonly string[];
  readonly instructions: string;
}

const minute = 60_000;
const span = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== undefined && ms > 0) return ms;
  context.addIssue({ code: "custom", message: `"${text}" is not a duration such as 90s, 15m or 12h` });
  return z.NEVER;
});

const frontmatter = z.object({
  name: z.string().regex(/^[a-z0-9-]+$/, "must be of a-z, 0-9 and hyphens"),
  description: z.string().min(1),
  version: z.number().int().default(1),
  enabled: z.boolean().default(true),
  gate: z
    .object({
      type: z.enum(["cooldown", "cron", "condition", "event", "manual"]).default("manual"),
      duration: span.optional(),
      schedule: z.string().optional(),
      check: z.string().min(1).optional(),
      on: z.enum(pluginEvents).optional(),
    })
    .prefault({}),
  tracking: z
    .object({ labels: z.array(z.string()).default([]), digest: z.boolean().default(false) })
    .prefault({}),
  execution: z
    .object({
      type: z.enum(["script", "agent", "exec-wrapper"]).optional(),
      timeout: span.default(10 * minute),
      notify_on_failure: z.boolean().default(true),
      severity: z.enum(["critical", "high", "medium", "low"]).default("low"),
      rigs: z.array(z.string()).default([]),
    })
    .prefault({}),
});
type Frontmatter = z.output<typeof frontmatter>;

/** Reads a `plugin.md`. Throws an `Error` that says what is wrong with it, in one line. */
export function parsePlugin(text: string, file: { readonly hasScript: boolean }): Plugin {
  const match = /^\uFEFF?\+\+\+\r?\n([\s\S]*?)\r?\n\+\+\+[ \t]*(?:\r?\n([\s\S]*))?$/.exec(text);
  if (match === null) throw new Error("it does not begin with TOML between two lines of +++");
  const [, toml = "", instructions = ""] = match;
  const read = frontmatter.safeParse(parse(toml));
  if (!read.success) {
    const [issue] = read.error.issues;
    throw new Error(`${issue?.path.join(".") ?? ""}: ${issue?.message ?? "invalid"}`);
  }
  const { data } = read;
  const type = data.execution.type ?? (file.hasScript ? "script" : "agent");
  if (type !== "agent" && !file.hasScript) throw new Error("it has no run.sh beside it");
  if (type === "agent" && instructions.trim() === "")
    throw new Error("it has neither a run.sh nor instructions");
  return {
    name: data.name,
    description: data.description,
    version: data.version,
    isEnabled: data.enabled,
    gate: gateOf(data.gate),
    labels: data.tracking.labels,
    hasDigest: data.tracking.digest,
    type,
    timeoutMs: data.execution.timeout,
    notifiesOnFailure: data.execution.notify_on_failure,
    severity: data.execution.severity,
    rigs: data.execution.rigs,
    instructions: instructions.trim(),
  };
}

function gateOf(gate: Frontmatter["gate"]): PluginGate {
  const need = <T>(value: T | undefined, key: string): T => {
    if (value === undefined) throw new Error(`gate.${key}: a gate of type ${gate.type} needs it`);
    return value;
  };
  switch (gate.type) {
    case "manual":
      return { type: "manual" };
    case "cooldown":
      return { type: "cooldown", durationMs: need(gate.duration, "duration") };
    case "cron": {
      const text = need(gate.schedule, "schedule");
      return { type: "cron", schedule: parseCron(text), text };
    }
    case "condition":
      return { type: "condition", check: need(gate.check, "check"), everyMs: gate.duration ?? 5 * minute };
    case "event":
      return { type: "event", on: need(gate.on, "on") };
  }
}
