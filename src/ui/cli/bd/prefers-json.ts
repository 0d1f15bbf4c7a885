import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { settingsFiles } from "../../../core/ledger/settings-files.ts";
import type { FlagValues } from "../command.ts";
import { findBeads } from "./find-beads.ts";

/**
 * Whether the setting `json` asks for machine output without the flag (spec/01 §10.9). It is asked before anything else is
 * known, so the files are looked at as text: a line `json: true`, the strongest file first.
 */
export function prefersJson(flags: FlagValues, env: NodeJS.ProcessEnv): boolean {
  const wish = env["BD_JSON"];
  if (wish !== undefined && wish !== "") return isOn(wish);
  const cwd = resolve(flags.string("directory") ?? ".");
  const place = findBeads({
    cwd,
    env,
    db: flags.string("db"),
    town: flags.string("town"),
    warn: () => undefined,
  });
  if (place === undefined) return false;
  const beadsDir =
    place.kind === "town"
      ? join(place.root, ".beads")
      : place.kind === "file"
        ? resolve(place.path, "..")
        : place.beadsDir;
  for (const [, file] of settingsFiles(beadsDir, env)) {
    const value = existsSync(file) ? /^json\s*:\s*(\S+)/m.exec(readFileSync(file, "utf8"))?.[1] : undefined;
    if (value !== undefined) return isOn(value);
  }
  return false;
}

function isOn(value: string): boolean {
  return ["true", "on", "yes", "1"].includes(value.toLowerCase());
}
