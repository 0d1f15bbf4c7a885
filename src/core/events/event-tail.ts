import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { archives } from "./archives.ts";

/** A writer may be held up between opening the file and writing its line. */
const lateWriterMs = 5000;
const chunkBytes = 256 * 1024;
const longestLine = 64 * 1024;

/** A place in the growing event log, kept across its rotation into archives (spec/06 §9.3). */
export class EventTail {
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
