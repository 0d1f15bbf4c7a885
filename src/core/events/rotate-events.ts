import { mkdirSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { withLock } from "../lock/lock.ts";
import { archiveDirectory } from "./archives.ts";

/**
 * Closes the live file into an archive once it is larger than `maxBytes` (spec/06 §9.3). Nothing is rewritten: a writer
 * that has the old file open adds its line to the archive. Returns the archive's path, or undefined if nothing was due.
 */
export async function rotateEvents(
  file: string,
  options: { readonly locksDir: string; readonly maxBytes: number; readonly now: number },
): Promise<string | undefined> {
  if (sizeOf(file) <= options.maxBytes) return undefined;
  return withLock(options.locksDir, "events", { waitMs: 1000, kind: "rotate" }, () => {
    if (sizeOf(file) <= options.maxBytes) return undefined;
    const directory = archiveDirectory(file);
    mkdirSync(directory, { recursive: true });
    const archive = freeName(directory, options.now);
    renameSync(file, archive);
    return archive;
  });
}

/** Names are closing times and must not be taken; a busy log may be closed twice in one millisecond. */
function freeName(directory: string, now: number): string {
  for (let time = now; ; time++) {
    const name = join(directory, `${new Date(time).toISOString().replace(/[-:.]/g, "")}.jsonl`);
    if (statSync(name, { throwIfNoEntry: false }) === undefined) return name;
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}
