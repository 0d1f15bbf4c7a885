/** Where the bytes of one attached view go. */
export interface ViewerSink {
  data(bytes: Uint8Array): void;
  resize(columns: number, rows: number): void;
}

/** Bytes that a view may have unpainted before it is left behind. */
export const viewerWindowBytes = 512 * 1024;

/**
 * One attached view. It gets the program's bytes as long as it keeps up. A view that does not is skipped, costs no
 * memory and holds nobody up; once it has painted what it has, a snapshot brings it back to the present.
 */
export class Viewer {
  columns: number;
  rows: number;
  readonly passive: boolean;
  readonly #sink: ViewerSink;
  readonly #requestSnapshot: (viewer: Viewer) => void;
  #unpainted = 0;
  #behind = true;

  constructor(
    size: { readonly columns: number; readonly rows: number; readonly passive: boolean },
    sink: ViewerSink,
    requestSnapshot: (viewer: Viewer) => void,
  ) {
    this.columns = size.columns;
    this.rows = size.rows;
    this.passive = size.passive;
    this.#sink = sink;
    this.#requestSnapshot = requestSnapshot;
  }

  get isBehind(): boolean {
    return this.#behind;
  }

  /** A view starts, and starts again, with the whole state. */
  startFrom(snapshot: Uint8Array): void {
    this.#behind = false;
    this.#send(snapshot);
  }

  data(bytes: Uint8Array): void {
    if (this.#behind) return;
    if (this.#unpainted + bytes.length > viewerWindowBytes && this.#unpainted > 0) {
      this.#behind = true;
      return;
    }
    this.#send(bytes);
  }

  resized(columns: number, rows: number): void {
    this.#sink.resize(columns, rows);
  }

  acknowledge(bytes: number): void {
    this.#unpainted = Math.max(0, this.#unpainted - bytes);
    if (this.#behind && this.#unpainted === 0) this.#requestSnapshot(this);
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
