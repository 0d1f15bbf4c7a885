import { join } from "node:path";
import { parseDuration } from "../duration.ts";
import { isObject, readJsonFile } from "../town/json-file.ts";
import type { Town } from "../town/town.ts";
import { escalationDefaults } from "../town/town-template.ts";
import { severities, type Severity } from "./escalation.ts";

/** Routes and limits of `settings/escalation.json` (spec/06 §8.3). */
export interface EscalationSettings {
  readonly routes: Readonly<Record<Severity, readonly string[]>>;
  readonly contacts: Readonly<Record<string, string>>;
  readonly staleAfterMs: number;
  readonly maxReescalations: number;
  /** What is wrong with the file. The alarm still goes to the mayor: a broken file must not swallow it. */
  readonly problem: string | undefined;
}

const fallbackRoute: readonly string[] = ["bead", "mail:mayor"];
const action = /^(?:bead|log|slack|email:human|sms:human|mail:\S+)$/;

export function escalationSettingsFile(town: Town): string {
  return join(town.root, "settings", "escalation.json");
}

export function readEscalationSettings(town: Town): EscalationSettings {
  try {
    return settingsFrom(readJsonFile(escalationSettingsFile(town)) ?? escalationDefaults);
  } catch (error) {
    return {
      ...settingsFrom({ routes: {} }),
      problem: `escalation config: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}

/** Throws with the problem in words. */
function settingsFrom(content: object): EscalationSettings {
  const file: Readonly<Record<string, unknown>> = { ...content };
  if (file["type"] !== undefined && file["type"] !== "escalation")
    throw new Error('"type" must be "escalation"');
  if (typeof file["version"] === "number" && file["version"] > 1)
    throw new Error(`version ${file["version"]} is from a newer gt`);
  const given = file["routes"] ?? {};
  if (!isObject(given)) throw new Error('"routes" must be an object');
  for (const [key, route] of Object.entries(given)) {
    if (!severities.some((severity) => severity === key)) throw new Error(`unknown severity "${key}"`);
    if (!Array.isArray(route)) throw new Error(`the route of ${key} must be a list`);
    const wrong = route.find((each) => typeof each !== "string" || !action.test(each));
    if (wrong !== undefined) throw new Error(`unknown action "${String(wrong)}"`);
  }
  const route = (severity: Severity): readonly string[] => {
    const actions = given[severity];
    return Array.isArray(actions) ? actions.map(String) : fallbackRoute;
  };
  const threshold = file["stale_threshold"] ?? escalationDefaults.stale_threshold;
  const staleAfterMs = typeof threshold === "string" ? parseDuration(threshold) : undefined;
  if (staleAfterMs === undefined) throw new Error(`stale_threshold "${String(threshold)}" is no duration`);
  const max = file["max_reescalations"] ?? escalationDefaults.max_reescalations;
  if (typeof max !== "number" || !Number.isInteger(max) || max < 0)
    throw new Error("max_reescalations must be a number from 0");
  const contacts = isObject(file["contacts"]) ? file["contacts"] : {};
  return {
    routes: {
      critical: route("critical"),
      high: route("high"),
      medium: route("medium"),
      low: route("low"),
    },
    contacts: Object.fromEntries(
      Object.entries(contacts).flatMap(([key, value]) => (typeof value === "string" ? [[key, value]] : [])),
    ),
    staleAfterMs,
    maxReescalations: max,
    problem: undefined,
  };
}
