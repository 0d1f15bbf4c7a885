import { isObject, type JsonObject, readJsonFile } from "./json-file.ts";
import { projectSettingsFile, rigLocalFile, rigSettingsFile, townSettingsFile } from "./paths.ts";
import { projectLayer, readProjectSettings } from "./project-settings.ts";
import { isAcceptable } from "./setting-keys.ts";
import { type SettingTarget, valueAt } from "./setting-path.ts";
import type { Town } from "./town.ts";

export type SettingSource = "rig-local" | "rig" | "project" | "town" | "default" | "unset";

/** The value in force and the layer that says so (spec/07 §6.1). */
export interface ExplainedSetting {
  readonly value: unknown;
  readonly source: SettingSource;
  readonly file: string | undefined;
  readonly default: unknown;
}

export function explainSetting(town: Town, target: SettingTarget, rig: string | undefined): ExplainedSetting {
  const { segments } = target;
  const fallback = target.kind === "key" ? target.entry.default : undefined;
  if (target.kind === "group") {
    const settings = rig === undefined ? town.settings() : town.rigSettings(rig);
    const value = valueAt(settings, segments) ?? {};
    return { value, source: "default", file: undefined, default: undefined };
  }
  for (const layer of layersOf(town, rig)) {
    const value = valueAt(layer.values, segments);
    if (value === undefined || isAcceptable(segments.join("."), value) !== true) continue;
    return { value, source: layer.source, file: layer.file, default: fallback };
  }
  return {
    value: fallback,
    source: fallback === undefined ? "unset" : "default",
    file: undefined,
    default: fallback,
  };
}

interface Layer {
  readonly source: SettingSource;
  readonly file: string;
  readonly values: JsonObject;
}

/** The files that can say something, the strongest first. */
function layersOf(town: Town, rig: string | undefined): readonly Layer[] {
  const layer = (source: SettingSource, file: string): Layer => ({
    source,
    file,
    values: readJsonFile(file) ?? {},
  });
  const ofTown = layer("town", townSettingsFile(town.root));
  if (rig === undefined) return [ofTown];
  const local = layer("rig-local", rigLocalFile(town.root, rig));
  const values = isObject(local.values["values"]) ? local.values["values"] : {};
  const own = layer("rig", rigSettingsFile(town.root, rig));
  const project: Layer = {
    source: "project",
    file: projectSettingsFile(town.root, rig),
    values: projectLayer(readProjectSettings(town.root, rig), own.values["project_settings_sha256"]),
  };
  return [{ ...local, values }, own, project, ofTown];
}
