import { appendFileSync, closeSync, fstatSync, openSync, readSync, renameSync, writeFileSync } from "node:fs";
import type { Curation, FeedRow } from "./curate-events.ts";
import type { TownEvent } from "./event.ts";

/** One line of `<town>/.feed.jsonl` (spec/06 §9.7). */
export interface FeedRecord {
  readonly ts: string;
  readonly source: string;
  readonly type: string;
  readonly actor: string;
  readonly summary: string;
  /** Of an event that stands for itself. */
  readonly payload?: Readonly<Record<string, unknown>>;
  /** How many events the row stands for by now, when it is more than one. */
  readonly count?: number;
}

/** Beyond this the older half goes (spec/06 §9.7). */
export const feedFileBytes = 10 * 1024 * 1024;

/** The records that these events add to the curated feed; what is folded away adds none. */
export function feedRecords(curation: Curation, events: readonly TownEvent[]): readonly FeedRecord[] {
  return events.flatMap((event) => {
    curation.add(event);
    const row = curation.rows().findLast((candidate) => candidate.event === event);
    return row === undefined ? [] : [recordOf(row)];
  });
}

function recordOf({ event, events, message }: FeedRow): FeedRecord {
  const { ts, source, type, actor, payload } = event;
  const isAlone = events.length === 1;
  return { ts, source, type, actor, summary: message, ...(isAlone ? { payload } : { count: events.length }) };
}

/**
 * Appends to the file; when it has grown beyond `maxBytes`, its newest half takes its place in one step, so that a reader
 * finds whole lines whenever it looks.
 */
export function appendFeed(file: string, records: readonly FeedRecord[], maxBytes = feedFileBytes): void {
  if (records.length === 0) return;
  appendFileSync(file, records.map((record) => `${JSON.stringify(record)}\n`).join(""), { mode: 0o600 });
  const newest = newestHalf(file, maxBytes);
  if (newest === undefined) return;
  writeFileSync(`${file}.tmp`, newest, { mode: 0o600 });
  renameSync(`${file}.tmp`, file);
}

/** The time of the last record; undefined when there is none. */
export function lastFeedTime(file: string): string | undefined {
  const end =
    readEnd(file, 64 * 1024)
      ?.toString("utf8")
      .trimEnd()
      .split("\n")
      .at(-1) ?? "";
  try {
    const { ts } = JSON.parse(end) as { readonly ts?: unknown };
    return typeof ts === "string" ? ts : undefined;
  } catch {
    return undefined; // empty, or cut off in the middle of a line
  }
}

function newestHalf(file: string, maxBytes: number): Buffer | undefined {
  const handle = openSync(file, "r");
  const { size } = fstatSync(handle);
  closeSync(handle);
  if (size <= maxBytes) return undefined;
  const half = readEnd(file, Math.floor(maxBytes / 2));
  return half?.subarray(half.indexOf(0x0a) + 1);
}

function readEnd(file: string, bytes: number): Buffer | undefined {
  let handle: number;
  try {
    handle = openSync(file, "r");
  } catch {
    return undefined; // not written yet
  }
  try {
    const { size } = fstatSync(handle);
    const end = Buffer.alloc(Math.min(size, bytes));
    readSync(handle, end, 0, end.length, size - end.length);
    return end;
  } finally {
    closeSync(handle);
  }
}
