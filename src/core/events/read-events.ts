import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { archives } from "./archives.ts";
import type { EventFilter, TownEvent } from "./event.ts";
import { parseEvent } from "./event-log.ts";
import { type EventContext, matchesEvent } from "./match-event.ts";

export interface ReadOptions {
  readonly filter?: EventFilter;
  /** The newest so many, after filtering; everything when left out. */
  readonly limit?: number;
  /** Needed to tell the rig of an event that does not name it. */
  readonly context?: EventContext;
  /** A further condition. */
  readonly accepts?: (event: TownEvent) => boolean;
  /** Reads the live file only up to this byte; archives as usual. */
  readonly end?: number;
}

/** Batches may repeat an event after a crash: the same id within this many records is the same fact (spec/06 §9.2). */
const duplicateWindow = 1000;
/** Facts are logged a little after they happened; a reader that goes back in time looks so much further. */
const slackMs = 3_600_000;
const chunkBytes = 64 * 1024;

/** Events of the archives and of the live file, oldest first (spec/06 §9.3). A missing file is an empty log. */
export function readEvents(file: string, options: ReadOptions = {}): readonly TownEvent[] {
  const limit = options.limit ?? Number.POSITIVE_INFINITY;
  const since = options.filter?.since ?? Number.NEGATIVE_INFINITY;
  const found: TownEvent[] = [];
  const recent = new RecentIds();
  // Opened before the archives are listed: what is rotated meanwhile is not read a second time as an archive.
  const live = openOptional(file);
  const liveInode = live === undefined ? undefined : fstatSync(live, { bigint: true }).ino;
  const sources = [live, ...archives(file, since).reverse()];
  for (const source of sources) {
    const handle = typeof source === "string" ? openOptional(source) : source;
    if (handle === undefined) continue;
    try {
      if (typeof source === "string" && fstatSync(handle, { bigint: true }).ino === liveInode) continue;
      for (const line of linesBackwards(handle, source === live ? options.end : undefined)) {
        const event = parseEvent(line);
        if (!event || recent.has(event.id)) continue;
        if (Date.parse(event.ts) < since - slackMs) break;
        if (!matchesEvent(event, options.filter, options.context)) continue;
        if (options.accepts?.(event) === false) continue;
        if (found.length === limit) return found.reverse();
        found.push(event);
      }
    } finally {
      closeSync(handle);
    }
  }
  return found.reverse();
}

/** Ids of the last records, for dropping repeated ones. */
export class RecentIds {
  readonly #ids = new Set<string>();

  /** True when the id was seen lately; remembers it. */
  has(id: string | undefined): boolean {
    if (id === undefined) return false;
    if (this.#ids.has(id)) return true;
    this.#ids.add(id);
    if (this.#ids.size > duplicateWindow) {
      for (const oldest of this.#ids) {
        this.#ids.delete(oldest);
        break;
      }
    }
    return false;
  }
}

/** What there is of the log: sizes, closed segments, and lines of the live file that are no events. */
export interface LogFacts {
  readonly bytes: number;
  readonly archives: number;
  readonly badLines: number;
}

export function inspectLog(file: string): LogFacts {
  const handle = openOptional(file);
  if (handle === undefined) return { bytes: 0, archives: archives(file).length, badLines: 0 };
  try {
    let badLines = 0;
    for (const line of linesBackwards(handle)) if (line !== "" && !parseEvent(line)) badLines++;
    return { bytes: fstatSync(handle).size, archives: archives(file).length, badLines };
  } finally {
    closeSync(handle);
  }
}

function openOptional(file: string): number | undefined {
  try {
    return openSync(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Whole lines from the end of a file to its start, so that the newest of a huge log are there at once. */
function* linesBackwards(handle: number, end?: number): Generator<string> {
  let position = Math.min(end ?? Number.POSITIVE_INFINITY, fstatSync(handle).size);
  // The bytes before the first newline of the part read so far: the end of a line that begins further up.
  let open: Buffer | undefined;
  while (position > 0) {
    const size = Math.min(chunkBytes, position);
    position -= size;
    const chunk = Buffer.alloc(size);
    readSync(handle, chunk, 0, size, position);
    let upTo = chunk.length;
    for (let at = chunk.lastIndexOf(0x0a); at !== -1; at = at === 0 ? -1 : chunk.lastIndexOf(0x0a, at - 1)) {
      const rest = chunk.subarray(at + 1, upTo);
      // What follows the last newline of the file is a line still being written.
      if (open !== undefined) yield (open.length > 0 ? Buffer.concat([rest, open]) : rest).toString("utf8");
      open = Buffer.alloc(0);
      upTo = at;
    }
    if (open !== undefined) open = Buffer.concat([chunk.subarray(0, upTo), open]);
  }
  if (open !== undefined && open.length > 0) yield open.toString("utf8");
}
