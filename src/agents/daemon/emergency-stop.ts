import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GtError } from "../../core/gt-error.ts";
import type { Town } from "../../core/town/town.ts";

/** An emergency stop of the town or of one rig (spec/04 §7.3). The file is the truth. */
export interface EmergencyStop {
  readonly scope: string;
  readonly kind: "manual" | "auto";
  readonly since: string;
  readonly reason: string;
}

export const stopFile = (town: Town, rig?: string): string =>
  join(town.root, rig === undefined ? "ESTOP" : `ESTOP.${rig}`);

/** The stop that holds for the rig (or for the town when none is named), if any. */
export function readStop(town: Town, rig?: string): EmergencyStop | undefined {
  return (
    readStopFile(stopFile(town), "town") ??
    (rig === undefined ? undefined : readStopFile(stopFile(town, rig), rig))
  );
}

/** Refuses while a stop covers the rig, or the town when none is named: `E_ESTOP`. */
export function expectNoStop(town: Town, rig?: string): void {
  const stop = readStop(town, rig);
  if (stop === undefined) return;
  throw new GtError("E_ESTOP", `emergency stop of ${scopeOf(stop)} is active`, {
    why: stop.reason === "" ? [] : [stop.reason],
    hint: thawHint(stop),
  });
}

/** `the town`, or `rig web`. */
export function scopeOf({ scope }: EmergencyStop): string {
  return scope === "town" ? "the town" : `rig ${scope}`;
}

/** The command that ends the stop. */
export function thawHint({ scope }: EmergencyStop): string {
  return scope === "town" ? "gt thaw" : `gt thaw --rig ${scope}`;
}

function readStopFile(file: string, scope: string): EmergencyStop | undefined {
  if (!existsSync(file)) return undefined;
  let line = "";
  try {
    [line = ""] = readFileSync(file, "utf8").split("\n");
  } catch {
    // Whoever made the file wants things to stop, readable or not.
  }
  const [kind, since = "", reason = ""] = line.split("\t");
  return { scope, kind: kind === "auto" ? "auto" : "manual", since, reason };
}
