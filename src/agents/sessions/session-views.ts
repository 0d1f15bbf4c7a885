import type { Screen } from "./screen.ts";
import type { SessionRecord } from "./session-host.ts";
import { largestSize, Viewer, type ViewerSink } from "./viewer.ts";

export interface ViewSize {
  readonly columns: number;
  readonly rows: number;
  /** A view that never resizes the pty. */
  readonly passive: boolean;
}

/** The views attached to one session: each is kept up with the screen, and together they decide its size (spec/03 §5.1). */
export class SessionViews {
  readonly #screen: Screen;
  readonly #resized: (columns: number, rows: number) => void;
  readonly #views = new Map<Viewer, (record: SessionRecord) => void>();

  /** `resized` is told when the screen got another size, before any view is. */
  constructor(screen: Screen, resized: (columns: number, rows: number) => void) {
    this.#screen = screen;
    this.#resized = resized;
  }

  get count(): number {
    return this.#views.size;
  }

  attach(size: ViewSize, sink: ViewerSink, onExit: (record: SessionRecord) => void): Viewer {
    const viewer = new Viewer(size, sink, {
      snapshot: () => this.#sendSnapshot(viewer),
      picture: () => this.#screen.picture(),
    });
    this.#views.set(viewer, onExit);
    this.#fit();
    this.#sendSnapshot(viewer);
    return viewer;
  }

  resize(viewer: Viewer, columns: number, rows: number): void {
    viewer.columns = columns;
    viewer.rows = rows;
    const onExit = this.#views.get(viewer);
    if (onExit === undefined) return;
    // The view that was changed last counts as the latest of equals.
    this.#views.delete(viewer);
    this.#views.set(viewer, onExit);
    this.#fit();
  }

  /** False when it was not attached any more. */
  detach(viewer: Viewer): boolean {
    viewer.close();
    if (!this.#views.delete(viewer)) return false;
    this.#fit();
    return true;
  }

  /** Views get bytes only once the screen shows them: so a snapshot never misses or repeats any. */
  parsed(bytes: Uint8Array): void {
    for (const viewer of this.#views.keys()) viewer.data(bytes);
  }

  /** The last state for those that do not have it, then the end. */
  end(): (record: SessionRecord) => void {
    const listeners = [...this.#views.values()];
    for (const viewer of this.#views.keys()) {
      if (!viewer.isLive) viewer.startFrom(this.#screen.snapshot());
      viewer.close();
    }
    this.#views.clear();
    return (record) => {
      for (const listener of listeners) listener(record);
    };
  }

  #sendSnapshot(viewer: Viewer): void {
    this.#screen.settle(() => {
      if (!this.#views.has(viewer) || viewer.isLive) return;
      viewer.resized(this.#screen.columns, this.#screen.rows);
      viewer.startFrom(this.#screen.snapshot());
    });
  }

  #fit(): void {
    this.#screen.settle(() => {
      const size = largestSize(this.#views.keys());
      if (size === undefined) return;
      const { columns, rows } = size;
      if (columns === this.#screen.columns && rows === this.#screen.rows) return;
      this.#screen.resize(columns, rows);
      this.#resized(columns, rows);
      // A view's own screen may break lines elsewhere when it is resized; a snapshot makes it the same again.
      for (const viewer of this.#views.keys()) {
        viewer.resized(columns, rows);
        if (viewer.isLive) viewer.startFrom(this.#screen.snapshot());
      }
    });
  }
}
