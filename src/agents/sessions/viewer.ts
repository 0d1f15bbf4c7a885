/** Where the bytes of one attached view go. */
export interface ViewerSink {
  data(bytes: Uint8Array): void;
  resize(columns: number, rows: number): void;
}

/** Where a view that does not have every byte gets its screen from. */
export interface ViewerSource {
  /** Asks for the whole state, which comes through `startFrom` as soon as it is known. */
  snapshot(): void;
  /** The screen as it is this moment, without what has scrolled away. */
  picture(): Uint8Array;
}

/** Bytes that a view may have unpainted before it is left behind: more than any screen, less than a frame's work. */
const windowBytes = 64 * 1024;
/** A program that writes less than this in a while can be followed byte by byte again. */
const calmMs = 200;
const calmBytes = 16 * 1024;

/**
 * One attached view. It is `live` and gets the program's bytes as long as it keeps up. One that does not is skipped,
 * costs no memory and holds nobody up: each time it has painted what it got, a picture of the screen shows it the
 * present, whatever went by in between; once the program is calm, a snapshot makes it live again. So a flood costs a
 * view what a screen costs, not what the flood does.
 */
export class Viewer {
  columns: number;
  rows: number;
  readonly passive: boolean;
  readonly #sink: ViewerSink;
  readonly #source: ViewerSource;
  /** `waiting`: for a snapshot that was asked for. */
  #state: "waiting" | "live" | "behind" | "closed" = "waiting";
  #unpainted = 0;
  #limit = windowBytes;
  /** Bytes that went by since the last picture, and since the program was last looked at for calm. */
  #missed = 0;
  #passed = 0;
  #calm: NodeJS.Timeout | undefined;

  constructor(
    size: { readonly columns: number; readonly rows: number; readonly passive: boolean },
    sink: ViewerSink,
    source: ViewerSource,
  ) {
    this.columns = size.columns;
    this.rows = size.rows;
    this.passive = size.passive;
    this.#sink = sink;
    this.#source = source;
  }

  get isLive(): boolean {
    return this.#state === "live";
  }

  /** A view starts, and starts again, with the whole state. */
  startFrom(snapshot: Uint8Array): void {
    this.#state = "live";
    this.#stopWatching();
    this.#missed = 0;
    // What the view owes for the snapshot itself does not count: it would be left behind by the next byte.
    this.#limit = this.#unpainted + snapshot.length + windowBytes;
    this.#send(snapshot);
  }

  data(bytes: Uint8Array): void {
    if (this.#state === "live") {
      if (this.#unpainted === 0 || this.#unpainted + bytes.length <= this.#limit) {
        this.#send(bytes);
        return;
      }
      this.#state = "behind";
    }
    if (this.#state !== "behind") return;
    this.#missed += bytes.length;
    this.#passed += bytes.length;
    this.#showPresent();
  }

  resized(columns: number, rows: number): void {
    this.#sink.resize(columns, rows);
    if (this.#state === "behind") this.#missed++;
  }

  /** The view asks for the whole state, with what has scrolled away. */
  refresh(): void {
    if (this.#state === "closed") return;
    this.#state = "waiting";
    this.#stopWatching();
    this.#source.snapshot();
  }

  acknowledge(bytes: number): void {
    this.#unpainted = Math.max(0, this.#unpainted - bytes);
    if (this.#unpainted <= windowBytes) this.#limit = windowBytes;
    if (this.#state !== "behind") return;
    this.#showPresent();
    this.#watchForCalm();
  }

  close(): void {
    this.#state = "closed";
    this.#stopWatching();
  }

  #showPresent(): void {
    if (this.#unpainted > 0 || this.#missed === 0) return;
    this.#missed = 0;
    this.#send(this.#source.picture());
  }

  /** A view that does not paint is not watched for: its acknowledgement asks again. */
  #watchForCalm(): void {
    this.#calm ??= setTimeout(() => {
      this.#calm = undefined;
      const isCalm = this.#passed < calmBytes;
      this.#passed = 0;
      if (this.#unpainted > 0) return;
      if (isCalm) this.refresh();
      else this.#watchForCalm();
    }, calmMs);
  }

  #stopWatching(): void {
    clearTimeout(this.#calm);
    this.#calm = undefined;
    this.#passed = 0;
  }

  #send(bytes: Uint8Array): void {
    this.#unpainted += bytes.length;
    this.#sink.data(bytes);
  }
}

/** The size that the pty should have: that of the largest view that is not passive, the latest of equals. */
export function largestSize(
  viewers: Iterable<Viewer>,
): { readonly columns: number; readonly rows: number } | undefined {
  let largest: Viewer | undefined;
  for (const viewer of viewers) {
    if (viewer.passive) continue;
    if (largest === undefined || viewer.columns * viewer.rows >= largest.columns * largest.rows)
      largest = viewer;
  }
  return largest && { columns: largest.columns, rows: largest.rows };
}
