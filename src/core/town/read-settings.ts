import { isObject, type JsonObject, readJsonFile } from "./json-file.ts";
import { projectSettingsFile, rigLocalFile, rigSettingsFile, townSettingsFile } from "./paths.ts";
import { checkVersion } from "./registry.ts";
import type { RigSettings, TownSettings } from "./settings.ts";
import { builtInRigSettings, builtInTownSettings, isAcceptable } from "./setting-keys.ts";

/** A value in a settings file that cannot be used: the next layer's is taken instead (spec/07 §6.1). */
export interface SettingProblem {
  readonly file: string;
  readonly key: string;
  readonly found: unknown;
  readonly expected: string;
}

/** Rig settings that a project may not suggest: they decide what runs and as whom (spec/07 §4.5). */
const notForProjects = [
  "agents",
  "agent",
  "role_agents",
  "worker_agents",
  "runtime",
  "namepool",
  "theme",
  "crew",
];

type Report = (problem: SettingProblem) => void;

/** Town settings: file over built-in. Throws `E_CONFIG` only when the file is not JSON at all. */
export function readTownSettings(root: string, report: Report): TownSettings {
  return merge(builtInTownSettings(), townLayer(root, report)) as TownSettings;
}

/** Rig settings: rig-local > rig > project > town > built-in (spec/07 §6.1). */
export function readRigSettings(root: string, rig: string, report: Report): RigSettings {
  const local = readJsonFile(rigLocalFile(root, rig));
  const layers = [
    townLayer(root, report),
    usable(projectLayer(root, rig), projectSettingsFile(root, rig), report),
    usable(readJsonFile(rigSettingsFile(root, rig)) ?? {}, rigSettingsFile(root, rig), report),
    isObject(local?.["values"]) ? local["values"] : {},
  ];
  const settings = layers.reduce<JsonObject>((below, layer) => merge(below, layer), builtInRigSettings());
  const blocked = Array.isArray(local?.["blocked"]) ? local["blocked"] : [];
  return Object.fromEntries(Object.entries(settings).filter(([key]) => !blocked.includes(key)));
}

function townLayer(root: string, report: Report): JsonObject {
  const file = townSettingsFile(root);
  const content = readJsonFile(file) ?? {};
  checkVersion(content, 1, file);
  return usable(content, file, report);
}

/** What a project suggests on its default branch. A broken file there is the project's trouble, not the town's. */
function projectLayer(root: string, rig: string): JsonObject {
  let content: JsonObject | undefined;
  try {
    content = readJsonFile(projectSettingsFile(root, rig));
  } catch {
    return {};
  }
  return Object.fromEntries(Object.entries(content ?? {}).filter(([key]) => !notForProjects.includes(key)));
}

/** The layer without the values that no program could use. */
function usable(layer: JsonObject, file: string, report: Report, path = ""): JsonObject {
  const kept: JsonObject = {};
  for (const [key, value] of Object.entries(layer)) {
    const full = path === "" ? key : `${path}.${key}`;
    const verdict = isAcceptable(full, value);
    if (verdict !== true) report({ file, key: full, found: value, expected: verdict });
    else kept[key] = isObject(value) ? usable(value, file, report, full) : value;
  }
  return kept;
}

/** Objects merge key by key; everything else is replaced by the upper layer. */
function merge(below: JsonObject, above: JsonObject): JsonObject {
  const merged: JsonObject = { ...below };
  for (const [key, value] of Object.entries(above)) {
    const under = merged[key];
    merged[key] = isObject(value) && isObject(under) ? merge(under, value) : value;
  }
  return merged;
}
