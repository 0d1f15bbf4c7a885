import { parseEffort } from "../../../agents/runtimes/effort.ts";
import { parseRole } from "../../../agents/runtimes/role-definition.ts";
import { findRuntime } from "../../../agents/runtimes/resolve-runtime.ts";
import { recordEvents } from "../../../core/events/event-log.ts";
import { GtError } from "../../../core/gt-error.ts";
import { changeSetting, editSettings, type SettingChange } from "../../../core/town/change-settings.ts";
import type { JsonObject } from "../../../core/town/json-file.ts";
import { badValue, checkScope, findSetting, type SettingTarget } from "../../../core/town/setting-path.ts";
import { inferValue } from "../../../core/town/setting-types.ts";
import type { Town } from "../../../core/town/town.ts";
import type { CommandContext } from "../command.ts";

/** Sets what was typed, checked by the key's type (spec/07 §6.2). Nothing is written when it is wrong. */
export async function setTyped(
  context: CommandContext,
  key: string,
  given: string,
  rig: string | undefined,
): Promise<SettingChange> {
  const target = findSetting(key);
  if (target.kind === "group") {
    throw new GtError("E_CONFIG_KEY", `${key} is a group of settings`, {
      exitCode: 2,
      why: target.keys.slice(0, 10).map((entry) => entry.key),
      hint: `gt config get ${key}`,
    });
  }
  checkScope(target.entry, rig);
  const value = target.kind === "key" ? target.entry.type.parse(given) : inferValue(given);
  if (value === undefined) throw badValue(key, given, target.entry);
  const town = await context.town();
  checkAgent(town, target, value, rig);
  checkEntry(target, value);
  return change(context, target.segments, value, rig);
}

/** Writes and tells the event log, which never sees values (spec/06 §9.4). */
export async function change(
  context: CommandContext,
  segments: readonly string[],
  value: unknown,
  rig: string | undefined,
): Promise<SettingChange> {
  const result = await changeSetting(await context.town(), rig, segments, value);
  await tell(context, segments.join("."), rig);
  return result;
}

/** The same for several settings that belong together; the event names one of them. */
export async function edit(
  context: CommandContext,
  key: string,
  rig: string | undefined,
  change: (settings: JsonObject) => JsonObject,
): Promise<void> {
  await editSettings(await context.town(), rig, change);
  await tell(context, key, rig);
}

async function tell(context: CommandContext, key: string, rig: string | undefined): Promise<void> {
  recordEvents((await context.town()).paths.events, [
    {
      ts: new Date().toISOString(),
      source: "gt",
      type: "config_changed",
      actor: await context.actor(),
      payload: { key, scope: rig ?? "town", ...(rig === undefined ? {} : { rig }) },
      visibility: "audit",
    },
  ]);
}

/** A value as one line: text as it is, everything else as JSON. */
export function shown(value: unknown): string {
  if (value === undefined) return "(not set)";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Entries of maps whose values are a few words. */
function checkEntry(target: SettingTarget, value: unknown): void {
  if (target.kind !== "entry") return;
  const [map = "", role = ""] = target.segments;
  if (!["role_effort", "on_compact", "role_agents"].includes(map)) return;
  parseRole(role);
  if (map === "role_effort") parseEffort(String(value));
  if (map === "on_compact" && value !== "save" && value !== "cycle")
    throw new GtError(
      "E_CONFIG_VALUE",
      `"${String(value)}" is no value for on_compact.${role}: save or cycle`,
      {
        exitCode: 2,
        hint: `gt config set on_compact.${role} save`,
      },
    );
}

/** Settings that name an agent must name one that exists. */
function checkAgent(town: Town, target: SettingTarget, value: unknown, rig: string | undefined): void {
  const [first = ""] = target.segments;
  const isAgent =
    (target.kind === "key" && (first === "default_agent" || first === "agent")) ||
    (target.kind === "entry" && ["role_agents", "worker_agents", "crew_agents"].includes(first));
  if (!isAgent || typeof value !== "string") return;
  try {
    findRuntime(town, rig ?? "", value);
  } catch (error) {
    if (!(error instanceof GtError) || error.code !== "E_AGENT_UNKNOWN") throw error;
    throw new GtError("E_CONFIG_VALUE", error.message, { exitCode: 2, why: error.why });
  }
}
