import { GtError, usageError } from "../gt-error.ts";
import { didYouMean, nearestNames } from "../nearest-name.ts";
import { sanitiseLine } from "../sanitise.ts";
import { isObject, type JsonObject } from "./json-file.ts";
import { findSettingKey, mapAround, type SettingKey, settingKeys } from "./setting-keys.ts";

/** A setting named on a command line: a key of the table, an entry inside of a map, or a group of keys. */
export type SettingTarget =
  | { readonly kind: "key"; readonly segments: readonly string[]; readonly entry: SettingKey }
  | { readonly kind: "entry"; readonly segments: readonly string[]; readonly entry: SettingKey }
  | { readonly kind: "group"; readonly segments: readonly string[]; readonly keys: readonly SettingKey[] };

/** `agents."my.agent".command` as its elements; `E_CONFIG_KEY` when the quotes do not close. */
export function parseSettingPath(path: string): readonly string[] {
  const segments: string[] = [];
  let rest = path;
  for (;;) {
    const match = /^(?:"([^"]+)"|([^".]+))(\.|$)/.exec(rest);
    if (!match) throw unknownKey(path);
    segments.push(match[1] ?? match[2] ?? "");
    rest = rest.slice(match[0].length);
    if (match[3] === "") return segments;
  }
}

/** Finds what a path names; `E_CONFIG_KEY` with suggestions (exit 2). */
export function findSetting(path: string): SettingTarget {
  const segments = parseSettingPath(path);
  const joined = segments.join(".");
  const entry = findSettingKey(joined);
  if (entry) return { kind: "key", segments, entry };
  const around = mapAround(joined);
  if (around) return { kind: "entry", segments, entry: around };
  const keys = settingKeys.filter(({ key }) => key.startsWith(`${joined}.`));
  if (keys.length > 0) return { kind: "group", segments, keys };
  throw unknownKey(path);
}

/** `E_CONFIG_VALUE` naming type, range and an example. */
export function badValue(key: string, given: string, { type }: SettingKey): GtError {
  return new GtError(
    "E_CONFIG_VALUE",
    `"${sanitiseLine(given)}" is no value for ${key}: ${type.description} is needed`,
    { exitCode: 2, hint: `gt config set ${key} ${type.example}` },
  );
}

/** The layer's file must be one that may hold the key. */
export function checkScope({ key, scope }: SettingKey, rig: string | undefined): void {
  if (scope === "rig" && rig === undefined)
    throw usageError(`${key} is a setting of a rig`, { hint: `gt config set ${key} <value> --rig <rig>` });
  if (scope === "town" && rig !== undefined)
    throw usageError(`${key} is a setting of the town`, { hint: `gt config set ${key} <value>` });
}

export function valueAt(settings: JsonObject, segments: readonly string[]): unknown {
  let at: unknown = settings;
  for (const segment of segments) at = isObject(at) && Object.hasOwn(at, segment) ? at[segment] : undefined;
  return at;
}

/** A copy with the value at the path; `undefined` removes it, and objects that became empty with it. */
export function withValueAt(settings: JsonObject, segments: readonly string[], value: unknown): JsonObject {
  const [first, ...rest] = segments;
  if (first === undefined) return settings;
  const { [first]: below, ...others } = settings;
  if (rest.length === 0) {
    if (value === undefined) return others;
    return { ...settings, [first]: value };
  }
  const inner = withValueAt(isObject(below) ? below : {}, rest, value);
  if (value === undefined && Object.keys(inner).length === 0) return others;
  return { ...settings, [first]: inner };
}

function unknownKey(path: string): GtError {
  const suggestions = nearestNames(
    path,
    settingKeys.map(({ key }) => key),
  );
  return new GtError("E_CONFIG_KEY", `unknown setting "${sanitiseLine(path)}"${didYouMean(suggestions)}`, {
    exitCode: 2,
    hint: "gt config list --all",
    details: { suggestions },
  });
}
