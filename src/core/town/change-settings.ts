import { withLock } from "../lock/lock.ts";
import { type JsonObject, readJsonFile, writeJsonFile } from "./json-file.ts";
import { rigSettingsFile, townSettingsFile } from "./paths.ts";
import { checkVersion } from "./registry.ts";
import { valueAt, withValueAt } from "./setting-path.ts";
import type { Town } from "./town.ts";

export interface SettingChange {
  readonly before: unknown;
  readonly after: unknown;
  readonly file: string;
}

/** The file that holds the town's settings, or those of one rig. */
export function settingsFile(town: Town, rig: string | undefined): string {
  return rig === undefined ? townSettingsFile(town.root) : rigSettingsFile(town.root, town.rig(rig).name);
}

/**
 * Sets a value in the settings of the town or of a rig, or removes it (`undefined`). The file is read again inside the
 * lock, everything else in it stays, and a file that is not JSON is an error and left alone (spec/07 §4.3, §6.1).
 */
export async function changeSetting(
  town: Town,
  rig: string | undefined,
  segments: readonly string[],
  value: unknown,
): Promise<SettingChange> {
  let before: unknown;
  const file = await editSettings(town, rig, (content) => {
    before = valueAt(content, segments);
    return withValueAt(content, segments, value);
  });
  return { before, after: value, file };
}

/** Changes several settings at once, by the same rules. Returns the file. */
export async function editSettings(
  town: Town,
  rig: string | undefined,
  edit: (content: JsonObject) => JsonObject,
): Promise<string> {
  const file = settingsFile(town, rig);
  const lock = { waitMs: 10_000, kind: "config", subject: "the settings" };
  return withLock(town.paths.locks, "config", lock, async () => {
    const content: JsonObject = readJsonFile(file) ?? {
      type: rig === undefined ? "town-settings" : "rig-settings",
      version: 1,
    };
    checkVersion(content, 1, file);
    const edited = edit(content);
    if (JSON.stringify(edited) !== JSON.stringify(content)) await writeJsonFile(file, edited);
    return file;
  });
}
