import { CellGrid, type Rect, SPACE, WIDE } from "./screen/cell-grid.ts";
import type { ColourDepth } from "./screen/colour.ts";
import { drawFrame } from "./screen/draw-frame.ts";
import { makeAscii } from "./screen/make-ascii.ts";
import { encodeChanges } from "./screen/encode-changes.ts";

/** A rectangle of the screen that is drawn from cells instead of from Ink's layer. */
export interface PaneLayer {
  readonly rect: Rect;
  readonly drawInto: (grid: CellGrid, rect: Rect) => void;
}

/** Everything on the screen at one moment. */
export interface Scene {
  readonly panes: readonly PaneLayer[];
  /** Parts of Ink's layer that lie above the panes: overlays and toasts. */
  readonly covers: readonly Rect[];
  /** Where the cursor shows, if it does. */
  readonly cursor: { readonly x: number; readonly y: number } | undefined;
}

export interface CompositorOptions {
  readonly depth: ColourDepth;
  /** Nothing but ASCII in Ink's layer, also of text from outside. Panes show what their programs write. */
  readonly isAscii: boolean;
}

/**
 * Merges Ink's layer with the cells of the panes, compares with what is on the screen and gives the bytes of the
 * difference (design: measured, a full coloured repaint through Ink's text path costs several frames' time).
 */
export class Compositor {
  readonly layer: CellGrid;
  private readonly options: CompositorOptions;
  /** The frame in `layer`. */
  private lines: readonly string[] = [];
  private readonly next: CellGrid;
  private readonly shown: CellGrid;
  private cursor = "";
  private hasForgotten = true;

  constructor(columns: number, rows: number, options: CompositorOptions) {
    this.layer = new CellGrid(columns, rows);
    this.next = new CellGrid(columns, rows);
    this.shown = new CellGrid(columns, rows);
    this.options = options;
  }

  resize(columns: number, rows: number): void {
    this.layer.resize(columns, rows);
    this.lines = [];
    this.layer.clear();
    this.next.resize(columns, rows);
    this.shown.resize(columns, rows);
    this.forget();
  }

  /** Takes a frame of Ink. */
  setLayer(frame: string): void {
    this.lines = drawFrame(this.layer, frame, this.lines);
    if (this.options.isAscii) makeAscii(this.layer);
  }

  /** The terminal's content is unknown (start, resize, resume): the next frame clears and draws everything. */
  forget(): void {
    this.hasForgotten = true;
  }

  /** The bytes that bring the terminal to `scene`, as one synchronised update; empty when it is there already. */
  frame(scene: Scene): string {
    const { next } = this;
    next.copyFrom(this.layer);
    for (const pane of scene.panes) pane.drawInto(next, clip(pane.rect, next));
    for (const cover of scene.covers) copyRect(this.layer, next, clip(cover, next));
    mendWideGlyphs(next);
    let bytes = "";
    if (this.hasForgotten) {
      this.shown.clear();
      this.hasForgotten = false;
      this.cursor = "";
      bytes = "\u001b[m\u001b[2J";
    }
    bytes += encodeChanges(this.shown, next, this.options.depth);
    const { cursor } = scene;
    const place = cursor === undefined ? "\u001b[?25l" : `\u001b[${cursor.y + 1};${cursor.x + 1}H\u001b[?25h`;
    if (bytes === "" && place === this.cursor) return "";
    this.cursor = place;
    // Hidden while drawing for terminals without synchronised output (DECSET 2026), where it would flit about.
    return `\u001b[?2026h\u001b[?25l${bytes}${place}\u001b[?2026l`;
  }

  /** What the person sees now, for tests and for copying text. */
  text(row: number): string {
    return this.shown.text(row);
  }
}

function clip(rect: Rect, grid: CellGrid): Rect {
  const x = Math.min(Math.max(0, rect.x), grid.columns);
  const y = Math.min(Math.max(0, rect.y), grid.rows);
  return {
    x,
    y,
    width: Math.max(0, Math.min(rect.x + rect.width, grid.columns) - x),
    height: Math.max(0, Math.min(rect.y + rect.height, grid.rows) - y),
  };
}

function copyRect(from: CellGrid, to: CellGrid, rect: Rect): void {
  for (let row = rect.y; row < rect.y + rect.height; row++) {
    const start = row * from.columns + rect.x;
    const end = start + rect.width;
    to.glyphs.set(from.glyphs.subarray(start, end), start);
    to.foreground.set(from.foreground.subarray(start, end), start);
    to.background.set(from.background.subarray(start, end), start);
    to.links.set(from.links.subarray(start, end), start);
  }
}

/** Where one layer cut a wide glyph of another in two, the half that is left becomes a blank. */
function mendWideGlyphs(grid: CellGrid): void {
  const { glyphs, columns } = grid;
  for (let row = 0; row < grid.rows; row++) {
    let isAfterWide = false;
    for (let at = row * columns; at < (row + 1) * columns; at++) {
      const glyph = glyphs[at] ?? SPACE;
      if (glyph === 0 && !isAfterWide) glyphs[at] = SPACE;
      isAfterWide = (glyph & WIDE) !== 0;
      const isLast = at === (row + 1) * columns - 1;
      if (isAfterWide && (isLast || glyphs[at + 1] !== 0)) {
        glyphs[at] = SPACE;
        isAfterWide = false;
      }
    }
  }
}
