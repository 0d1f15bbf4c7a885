import { closeSync, fstatSync, mkdirSync, openSync, readSync, writeSync } from "node:fs";
import { dirname, join } from "node:path";
import { diskFull } from "../disk-full.ts";
import type { TownEvent } from "./event.ts";

/** One `write` must hold whole lines only and stay small enough to be atomic on a local file system (spec/06 §9.2). */
const largestWrite = 64 * 1024;
const largestLine = 32 * 1024;
const largestValue = 4 * 1024;
/** Twice the default of `events.max_bytes`. */
const overdueBytes = 32 * 1024 * 1024;

/**
 * Appends events, safe with any number of writing processes and no lock (spec/06 §9.2). Synchronous, fast, without
 * fsync. Throws when the file cannot be written; whoever reports an event as a mere courtesy calls `recordEvents`.
 */
export function appendEvents(file: string, events: readonly TownEvent[]): void {
  if (events.length === 0) return;
  mkdirSync(dirname(file), { recursive: true });
  const handle = openSync(file, "a+", 0o600);
  try {
    let chunk = endsInMidLine(handle) ? "\n" : "";
    for (const event of events) {
      const line = `${formatEvent(event)}\n`;
      if (chunk.length > 0 && Buffer.byteLength(chunk) + Buffer.byteLength(line) > largestWrite) {
        appendWhole(handle, chunk, file);
        chunk = "";
      }
      chunk += line;
    }
    appendWhole(handle, chunk, file);
    if (fstatSync(handle).size > overdueBytes) void rotateOverdue(file);
  } finally {
    closeSync(handle);
  }
}

/**
 * A full disk takes a part and says nothing. The rest must not follow: another writer may stand between the two, and a
 * line in pieces is no line. Whoever needs the events appended writes them again.
 */
function appendWhole(handle: number, chunk: string, file: string): void {
  const bytes = Buffer.from(chunk);
  if (writeSync(handle, bytes) < bytes.length) throw diskFull(`${file} could not be written`, dirname(file));
}

/**
 * The daemon closes the file long before it is this large; without a daemon some writer has to (spec/06 §9.3). The
 * event is written already, so that nothing depends on how this ends.
 */
async function rotateOverdue(file: string): Promise<void> {
  try {
    const { rotateEvents } = await import("./rotate-events.ts");
    const locksDir = join(dirname(file), ".runtime", "locks");
    await rotateEvents(file, { locksDir, maxBytes: overdueBytes, now: Date.now() });
  } catch {
    // Somebody else is at it, or the next writer will be.
  }
}

/** The same for events that only tell: a command never fails because of the log. */
export function recordEvents(file: string, events: readonly TownEvent[]): void {
  try {
    appendEvents(file, events);
  } catch (error) {
    if (process.env["GT_DEBUG"] === "1")
      process.stderr.write(`debug: event log: ${(error as Error).message}\n`);
  }
}

/** The event as one line of JSON, keys in the order of spec/06 §9.1, long values cut. */
export function formatEvent(event: TownEvent): string {
  const line = toLine(event, cutValues(event.payload));
  if (Buffer.byteLength(line) <= largestLine) return line;
  return toLine(event, { ...identifyingKeys(event.payload), truncated: true });
}

/** The event in a line; undefined for anything that is not one: fragments, foreign lines, monsters. */
export function parseEvent(line: string): TownEvent | undefined {
  if (line.length > largestWrite || !line.startsWith("{")) return undefined;
  let value: Partial<TownEvent>;
  try {
    value = JSON.parse(line) as Partial<TownEvent>;
  } catch {
    // The rest of a line whose writer died: skipped, and counted by whoever counts.
    return undefined;
  }
  const { ts, type, source, actor, payload, visibility, id } = value;
  if (typeof ts !== "string" || typeof type !== "string") return undefined;
  return {
    ts,
    source: typeof source === "string" ? source : "gt",
    type: aliases[type.replaceAll(".", "_")] ?? type.replaceAll(".", "_"),
    actor: typeof actor === "string" && actor !== "" ? actor : "system",
    payload: typeof payload === "object" && payload !== null ? payload : {},
    visibility: visibility === "audit" ? "audit" : "feed",
    ...(typeof id === "string" ? { id } : {}),
  };
}

/** Names that other writers use for the same fact. */
const aliases: Readonly<Record<string, string>> = {
  merge_complete: "merged",
  polecat_removed: "nuke",
};

function toLine(event: TownEvent, payload: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({
    ts: event.ts,
    source: event.source,
    type: event.type,
    // Singletons of the town are written without the slash of their address.
    actor: event.actor.replace(/\/$/, "") || "system",
    ...(Object.keys(payload).length > 0 ? { payload } : {}),
    visibility: event.visibility,
    ...(event.id === undefined ? {} : { id: event.id }),
  });
}

function endsInMidLine(handle: number): boolean {
  const { size } = fstatSync(handle);
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  readSync(handle, last, 0, 1, size - 1);
  return last[0] !== 0x0a;
}

function cutValues(payload: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(payload).map(([key, value]) => [
      key,
      typeof value === "string" && Buffer.byteLength(value) > largestValue
        ? `${cutToBytes(value, largestValue - 3)}…`
        : value,
    ]),
  );
}

/** What still says what the event was about: short words and numbers. */
function identifyingKeys(payload: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(payload).filter(
      ([, value]) =>
        typeof value === "number" ||
        typeof value === "boolean" ||
        (typeof value === "string" && value.length <= 200),
    ),
  );
}

function cutToBytes(text: string, bytes: number): string {
  return new TextDecoder().decode(Buffer.from(text).subarray(0, bytes)).replace(/\ufffd+$/, "");
}
