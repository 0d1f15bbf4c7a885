import { isObject, type JsonObject, readJsonFile } from "./json-file.ts";
import { projectSettingsFile, rigLocalFile, rigSettingsFile, townSettingsFile } from "./paths.ts";
import { projectLayer, readProjectSettings } from "./project-settings.ts";
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

type Report = (problem: SettingProblem) => void;

/** Town settings: file over built-in. Throws `E_CONFIG` only when the file is not JSON at all. */
export function readTownSettings(root: string, report: Report): TownSettings {
  return merge(builtInTownSettings(), townLayer(root, report)) as TownSettings;
}

/** Rig settings: rig-local > rig > project > town > built-in (spec/07 §6.1). */
export function readRigSettings(root: string, rig: string, report: Report): RigSettings {
  const local = readJsonFile(rigLocalFile(root, rig));
  const own = readJsonFile(rigSettingsFile(root, rig)) ?? {};
  const project = projectLayer(readProjectSettings(root, rig), own["project_settings_sha256"]);
  const layers = [
    townLayer(root, report),
    usable(project, projectSettingsFile(root, rig), report),
    usable(own, rigSettingsFile(root, rig), report),
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
