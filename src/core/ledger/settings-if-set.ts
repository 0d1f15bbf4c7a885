import { existsSync, readFileSync } from "node:fs";
import type { Settings } from "./settings.ts";
import { settingsFiles } from "./settings-files.ts";

/**
 * The settings, if one of these keys may be set in a file or the environment; undefined when all have their defaults
 * (spec/01 §10.9). For keys that hardly anybody sets and every command asks for: YAML is parsed only when a file mentions one.
 */
export async function settingsIfSet(
  beadsDir: string,
  env: NodeJS.ProcessEnv,
  keys: readonly string[],
): Promise<Settings | undefined> {
  const variables = keys.map((key) => `BD_${key.replace(/[.-]/g, "_").toUpperCase()}`);
  const words = keys.map((key) => key.split(".").at(-1) ?? key);
  const isMentioned =
    variables.some((name) => env[name]) ||
    settingsFiles(beadsDir, env).some(([, file]) => {
      if (!existsSync(file)) return false;
      const text = readFileSync(file, "utf8");
      return words.some((word) => text.includes(word));
    });
  if (!isMentioned) return undefined;
  const { Settings } = await import("./settings.ts");
  return Settings.read({ beadsDir }, env);
}
