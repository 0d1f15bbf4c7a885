import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";

/** Where closed segments of the log are kept (spec/06 §9.3). */
export function archiveDirectory(file: string): string {
  return join(dirname(file), "logs", "events");
}

/** Archive files that may hold something newer than `since`, oldest first; their names are their closing times. */
export function archives(file: string, since = Number.NEGATIVE_INFINITY): string[] {
  const directory = archiveDirectory(file);
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.endsWith(".jsonl") && closingTime(name) >= since)
    .sort()
    .map((name) => join(directory, name));
}

/** Whether an archive was closed before a time. */
export function closedBefore(archive: string, time: number): boolean {
  return closingTime(basename(archive)) < time;
}

/** `20260430T090238412Z.jsonl` as a time; a name of another form counts as just closed. */
function closingTime(name: string): number {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z/.exec(name);
  if (!match) return Number.POSITIVE_INFINITY;
  const [, year, month, day, hour, minute, second, ms] = match;
  return Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
}
