import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gunzipSync } from "node:zlib";

/** Size of the terminal in which the agents were recorded. */
export const recordedSize = { columns: 100, rows: 30 };
export const recordings = join(import.meta.dirname, "recordings");

/** What each recorded agent wrote, by its name (record-agent.ts). */
export function readRecordings(): Readonly<Record<string, Uint8Array>> {
  return Object.fromEntries(
    readdirSync(recordings).map((file) => [
      basename(file, ".gz"),
      gunzipSync(readFileSync(join(recordings, file))),
    ]),
  );
}
