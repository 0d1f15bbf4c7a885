import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { watch } from "chokidar";
import { archives } from "./archives.ts";
import type { EventFilter, TownEvent } from "./event.ts";
import { parseEvent } from "./event-log.ts";
import { type EventContext, matchesEvent } from "./match-event.ts";
import { RecentIds, readEvents } from "./read-events.ts";

export interface FollowOptions {
  readonly filter?: EventFilter;
  /** How many events of the past come first; none by default. */
  readonly past?: number;
  readonly context?: () => EventContext;
  /** A further condition. */
  readonly accepts?: (event: TownEvent) => boolean;
  /** Told about lines that are no events. */
  readonly onBadLine?: () => void;
}

export interface Follower {
  close(): Promise<void>;
}

/** A watcher may miss a change on odd file systems; looking at the size costs nothing worth measuring. */
const safetyMs = 2000;
/** A writer may be held up between opening the file and writing its line. */
const lateWriterMs = 5000;
const chunkBytes = 256 * 1024;
const longestLine = 64 * 1024;

/**
 * Hands over events as they are appended, oldest first, each once, across rotations (spec/06 §9.3). The events of the
 * past come in the first call, which happens before this resolves, also when there are none.
 */
export async function followEvents(
  file: string,
  options: FollowOptions,
  onEvents: (events: readonly TownEvent[]) => void,
): Promise<Follower> {
  const tail = new Tail(file);
  const recent = new RecentIds();
  const accept = (lines: readonly string[]): readonly TownEvent[] =>
    lines.flatMap((line) => {
      if (line === "") return [];
      const event = parseEvent(line);
      if (!event) options.onBadLine?.();
      if (!event || recent.has(event.id)) return [];
      const isWanted =
        matchesEvent(event, options.filter, options.context?.()) && options.accepts?.(event) !== false;
      return isWanted ? [event] : [];
    });
  const look = () => {
    const events = accept(tail.read());
    if (events.length > 0) onEvents(events);
  };

  const limit = options.past ?? 0;
  const context = options.context?.();
  const past =
    limit === 0
      ? []
      : readEvents(file, {
          limit,
          end: tail.position,
          ...(options.filter ? { filter: options.filter } : {}),
          ...(context ? { context } : {}),
          ...(options.accepts ? { accepts: options.accepts } : {}),
        });
  for (const event of past) recent.has(event.id);
  onEvents(past);

  // The directory, not the file: the file may not be there yet, and rotation replaces it.
  const directory = dirname(file);
  const watcher = watch(directory, {
    depth: 0,
    ignoreInitial: true,
    ignored: (path) => path !== directory && path !== file,
  });
  watcher.on("all", look);
  await new Promise<void>((resolve) => watcher.once("ready", () => resolve()));
  const timer = setInterval(look, safetyMs);
  look();
  return {
    close: async () => {
      clearInterval(timer);
      await watcher.close();
      tail.close();
    },
  };
}

/** A place in the growing log, kept across its rotation into archives. */
class Tail {
  readonly #file: string;
  #live: Segment | undefined;
  /** Archives that a writer who opened them before their rotation may still add a line to. */
  #retired: { readonly segment: Segment; readonly until: number }[] = [];
  readonly #known: Set<string>;

  /** Starts behind the last whole line. */
  constructor(file: string) {
    this.#file = file;
    this.#known = new Set(archives(file));
    this.#live = Segment.open(file);
    this.#live?.skipToEnd();
  }

  get position(): number {
    return this.#live?.position ?? 0;
  }

  /** Whole lines added since the last call. */
  read(): readonly string[] {
    const lines: string[] = [];
    this.#drainRetired(lines);
    this.#live?.drain(lines);
    const found = statSync(this.#file, { bigint: true, throwIfNoEntry: false });
    // Without a live file there may still have been one since the last look, closed again already.
    if (found !== undefined && found.ino === this.#live?.inode) return lines;
    const next = Segment.open(this.#file);
    this.#retire(this.#live, lines);
    this.#readMissed(next, lines);
    this.#live = next;
    next?.drain(lines);
    return lines;
  }

  close(): void {
    for (const { segment } of this.#retired) segment.close();
    this.#live?.close();
  }

  #retire(segment: Segment | undefined, lines: string[]): void {
    if (!segment) return;
    segment.drain(lines);
    this.#retired.push({ segment, until: performance.now() + lateWriterMs });
  }

  #drainRetired(lines: string[]): void {
    if (this.#retired.length === 0) return;
    const now = performance.now();
    for (const { segment, until } of this.#retired) {
      segment.drain(lines);
      if (until < now) segment.close();
    }
    this.#retired = this.#retired.filter(({ until }) => until >= now);
  }

  /** Segments that were begun and closed since the last look: new archives that we have never had open. */
  #readMissed(next: Segment | undefined, lines: string[]): void {
    const open = new Set([next, ...this.#retired.map(({ segment }) => segment)].map((one) => one?.inode));
    for (const archive of archives(this.#file)) {
      if (this.#known.has(archive)) continue;
      this.#known.add(archive);
      const segment = Segment.open(archive);
      if (segment && open.has(segment.inode)) segment.close();
      else this.#retire(segment, lines);
    }
  }
}

/** One file of the log and how far it was read. */
class Segment {
  readonly inode: bigint;
  position = 0;
  readonly #handle: number;
  /** The start of a line whose end is not written yet. */
  #open: Buffer = Buffer.alloc(0);

  private constructor(handle: number) {
    this.#handle = handle;
    this.inode = fstatSync(handle, { bigint: true }).ino;
  }

  static open(file: string): Segment | undefined {
    try {
      return new Segment(openSync(file, "r"));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw error;
    }
  }

  skipToEnd(): void {
    const { size } = fstatSync(this.#handle);
    const start = Math.max(0, size - longestLine);
    const bytes = Buffer.alloc(size - start);
    readSync(this.#handle, bytes, 0, bytes.length, start);
    this.position = start + bytes.lastIndexOf(0x0a) + 1;
  }

  drain(lines: string[]): void {
    const size = fstatSync(this.#handle).size;
    if (size < this.position) {
      this.position = 0;
      this.#open = Buffer.alloc(0);
    }
    while (this.position < size) {
      const chunk = Buffer.alloc(Math.min(chunkBytes, size - this.position));
      const count = readSync(this.#handle, chunk, 0, chunk.length, this.position);
      if (count === 0) return;
      this.position += count;
      const bytes = Buffer.concat([this.#open, chunk.subarray(0, count)]);
      const end = bytes.lastIndexOf(0x0a);
      this.#open = bytes.subarray(end + 1);
      if (this.#open.length > longestLine) this.#open = Buffer.alloc(0);
      if (end !== -1) lines.push(...bytes.subarray(0, end).toString("utf8").split("\n"));
    }
  }

  close(): void {
    closeSync(this.#handle);
  }
}
