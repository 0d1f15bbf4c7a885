import { parseDuration } from "../duration.ts";
import { isObject } from "./json-file.ts";
import { findSettingKey } from "./setting-keys.ts";
import type { RigSettings, TownSettings } from "./settings.ts";

type Settings = TownSettings | RigSettings;

/** The value at a dotted path, e.g. `scheduler.max_polecats`; undefined when nothing is set and there is no default. */
export function settingAt(settings: Settings, key: string): unknown {
  let at: unknown = settings;
  for (const part of key.split(".")) at = isObject(at) ? at[part] : undefined;
  return at ?? findSettingKey(key)?.default;
}

/** A duration setting in milliseconds. */
export function durationSetting(settings: Settings, key: string): number {
  const value = settingAt(settings, key);
  const ms = typeof value === "string" ? parseDuration(value) : undefined;
  if (ms === undefined) throw new Error(`${key} is not a duration setting`);
  return ms;
}

export function numberSetting(settings: Settings, key: string): number {
  const value = settingAt(settings, key);
  if (typeof value !== "number") throw new Error(`${key} is not a number setting`);
  return value;
}

export function booleanSetting(settings: Settings, key: string): boolean {
  return settingAt(settings, key) === true;
}

/** The empty string when it is not set. */
export function textSetting(settings: Settings, key: string): string {
  const value = settingAt(settings, key);
  return typeof value === "string" ? value : "";
}
