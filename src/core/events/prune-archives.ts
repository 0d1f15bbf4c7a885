import { rmSync } from "node:fs";
import { archives, closedBefore } from "./archives.ts";

/** No kind of event is kept longer than this (spec/06 §9.3): an archive closed before is of no use to anybody. */
const longestKeptMs = 90 * 24 * 3_600_000;

/** Removes archives of the log that hold nothing that is still kept. Returns the removed files. */
export function pruneArchives(file: string, now: number): readonly string[] {
  const expired = archives(file).filter((archive) => closedBefore(archive, now - longestKeptMs));
  for (const archive of expired) rmSync(archive, { force: true });
  return expired;
}
