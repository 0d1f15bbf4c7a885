import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { formatTime } from "../../core/clock.ts";
import { writeFileAtomic } from "../../core/town/write-file.ts";
import type { Town } from "../../core/town/town.ts";

/** The Deacon does nothing but show that it lives (spec/04 §10.1): feeding, chores and cleaning up wait. */
export interface DeaconPause {
  readonly reason: string;
  readonly paused_at: string;
  readonly paused_by: string;
}

export const pauseFile = (town: Town): string => join(town.paths.daemon, "deacon-paused.json");

/** Undefined when it is not paused. A file that cannot be read still means what it is there for. */
export function readDeaconPause(town: Town): DeaconPause | undefined {
  if (!existsSync(pauseFile(town))) return undefined;
  try {
    const value = JSON.parse(readFileSync(pauseFile(town), "utf8")) as Partial<DeaconPause>;
    return {
      reason: String(value.reason ?? ""),
      paused_at: String(value.paused_at ?? ""),
      paused_by: String(value.paused_by ?? ""),
    };
  } catch {
    return { reason: "", paused_at: "", paused_by: "" };
  }
}

export async function pauseDeacon(town: Town, by: string, reason: string, now: number): Promise<void> {
  const pause: DeaconPause = { reason, paused_at: formatTime(now), paused_by: by };
  await writeFileAtomic(pauseFile(town), `${JSON.stringify(pause)}\n`);
}

/** False when it was not paused. */
export function resumeDeacon(town: Town): boolean {
  if (!existsSync(pauseFile(town))) return false;
  rmSync(pauseFile(town), { force: true });
  return true;
}
