import { GtError } from "../gt-error.ts";
import { builtInRigSettings, builtInTownSettings } from "./setting-keys.ts";
import type { TownSettings } from "./settings.ts";
import type { Town } from "./town.ts";

/**
 * The town for those who only look: a settings file that is not JSON is told once, and the built-in defaults are used
 * in its place. Whoever starts sessions, dispatches or writes settings takes the town as it is (spec/07 §6.1).
 */
export function tolerantTown(town: Town, warn: (text: string) => void): Town {
  const told = new Set<string>();
  const orElse = <T>(read: () => T, fallback: () => T): T => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof GtError) || error.code !== "E_CONFIG") throw error;
      if (!told.has(error.message)) warn(`${error.message}; using the defaults`);
      told.add(error.message);
      return fallback();
    }
  };
  return {
    ...town,
    settings: () => orElse(town.settings, () => builtInTownSettings() as TownSettings),
    rigSettings: (rig) => orElse(() => town.rigSettings(rig), builtInRigSettings),
  };
}
