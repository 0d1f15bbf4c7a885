import { homedir } from "node:os";
import { join } from "node:path";

/** The layers of the settings that are files, strongest first (spec/01 §10.9). */
export function settingsFiles(
  beadsDir: string,
  env: NodeJS.ProcessEnv,
): readonly (readonly ["local" | "project" | "user", string])[] {
  const home = env["XDG_CONFIG_HOME"] || join(env["HOME"] || homedir(), ".config");
  return [
    ["local", join(beadsDir, "config.local.yaml")],
    ["project", join(beadsDir, "config.yaml")],
    ["user", join(home, "bd", "config.yaml")],
  ];
}
