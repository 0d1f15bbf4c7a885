import { UnicodeGraphemesAddon } from "@xterm/addon-unicode-graphemes";
import headless, { type IBufferCell, type Terminal } from "@xterm/headless";
import { linkNumber, linkOf } from "../../../agents/sessions/cell-link.ts";
import { hardenTerminal } from "../../../agents/sessions/harden-terminal.ts";
import {
  BLINK,
  BOLD,
  CellGrid,
  DIM,
  glyphOf,
  INVERSE,
  INVISIBLE,
  ITALIC,
  linkNumberOf,
  OVERLINE,
  type Rect,
  SPACE,
  STRIKETHROUGH,
  UNDERLINE,
  WIDE,
} from "../screen/cell-grid.ts";
import { selectedColumns, selectedText, type Selection } from "./selection.ts";
import { graphemeWidth } from "../screen/text-width.ts";

interface Place {
  readonly x: number;
  readonly y: number;
}

/** A program that begins a synchronised update and does not end it is shown as it is after this long. */
export const longestUpdateMs = 500;

/** The screen of one session: a headless terminal fed with the session's bytes. */
export class PaneScreen {
  /** Lines above the newest screen that are scrolled into view. */
  scroll = 0;
  /** Rows of the screen above the place that it is drawn into, when that is lower than the screen. */
  rowsAbove = 0;
  /** Selected text, drawn inverse. */
  selection: Selection | undefined;
  readonly terminal: Terminal;
  /** What the terminal's cells were when they were last read: only what has changed since is read again. */
  private readonly cells = new CellGrid(0, 0);
  private scrollOfCells = 0;
  /** The line of the buffer in the first row. */
  private topOfCells = 0;
  private cursorOfCells: Place | undefined;
  private hasChanged = true;
  /** The emulator's number of the link read last, and ours. */
  private linkRead = 0;
  private linkShown = 0;
  /** Since when the program is in the middle of drawing. */
  private updatingSince: number | undefined;

  constructor(columns: number, rows: number) {
    this.terminal = new headless.Terminal({
      rows,
      cols: columns,
      scrollback: 2000,
      logLevel: "off",
      allowProposedApi: true,
    });
    this.terminal.loadAddon(new UnicodeGraphemesAddon());
    this.terminal.unicode.activeVersion = "15-graphemes";
    hardenTerminal(this.terminal);
  }

  /** `parsed` runs when the bytes are on this screen (not yet on the person's). */
  write(bytes: Uint8Array, parsed: () => void): void {
    this.terminal.write(bytes, () => {
      this.hasChanged = true;
      const isUpdating = this.terminal.modes.synchronizedOutputMode;
      this.updatingSince = isUpdating ? (this.updatingSince ?? performance.now()) : undefined;
      parsed();
    });
  }

  resize(columns: number, rows: number): void {
    if (columns < 1 || rows < 1) return;
    this.terminal.resize(columns, rows);
    this.hasChanged = true;
  }

  /** Nothing that the program has begun to draw is half done. */
  get isWhole(): boolean {
    return this.updatingSince === undefined || performance.now() - this.updatingSince > longestUpdateMs;
  }

  /**
   * Draws the visible part into `rect`. Of a screen that is larger, because somebody else looks at it in a larger view, the
   * part with the cursor shows; the rest is clipped.
   */
  drawInto(grid: CellGrid, rect: Rect): void {
    if ((this.hasChanged && this.isWhole) || this.scroll !== this.scrollOfCells) this.readCells();
    const { cells } = this;
    const columns = Math.min(rect.width, cells.columns);
    this.rowsAbove = this.rowsAboveOf(rect.height);
    for (let place = 0; place < rect.height; place++) {
      const row = place + this.rowsAbove;
      const at = (rect.y + place) * grid.columns + rect.x;
      if (columns < rect.width || row >= cells.rows) blank(grid, at, rect.width);
      if (columns === 0 || row >= cells.rows) continue;
      const from = row * cells.columns;
      grid.glyphs.set(cells.glyphs.subarray(from, from + columns), at);
      grid.foreground.set(cells.foreground.subarray(from, from + columns), at);
      grid.background.set(cells.background.subarray(from, from + columns), at);
      grid.links.set(cells.links.subarray(from, from + columns), at);
      this.drawSelection(grid, at, row, columns);
      // A wide glyph whose right half is outside would draw over the frame.
      if (((grid.glyphs[at + columns - 1] ?? 0) & WIDE) !== 0) grid.glyphs[at + columns - 1] = SPACE;
    }
  }

  private rowsAboveOf(height: number): number {
    const most = Math.max(0, this.cells.rows - height);
    // Who scrolls back goes on from where they are.
    const wanted = this.scroll > 0 ? this.rowsAbove : this.terminal.buffer.active.cursorY - height + 1;
    return Math.min(most, Math.max(0, wanted));
  }

  private drawSelection(grid: CellGrid, at: number, row: number, columns: number): void {
    if (this.selection === undefined) return;
    const [from, to] = selectedColumns(this.selection, this.topOfCells + row, columns) ?? [0, 0];
    for (let column = from; column < Math.min(to, columns); column++)
      grid.foreground[at + column] = ((grid.foreground[at + column] ?? 0) ^ INVERSE) >>> 0;
  }

  /** The line of the buffer that is in the first row of the view. */
  get topLine(): number {
    return Math.max(0, this.terminal.buffer.active.viewportY - this.scroll);
  }

  private readCells(): void {
    const { cells, terminal } = this;
    const buffer = terminal.buffer.active;
    const top = this.topLine;
    this.topOfCells = top;
    cells.resize(terminal.cols, terminal.rows);
    cellOfRead ??= buffer.getNullCell();
    const cell = cellOfRead;
    for (let row = 0; row < cells.rows; row++) {
      const line = buffer.getLine(top + row);
      const at = row * cells.columns;
      if (line === undefined) blank(cells, at, cells.columns);
      else
        for (let column = 0; column < cells.columns; column++) {
          line.getCell(column, cell);
          drawCell(cells, at + column, cell);
          this.drawLink(at + column, cell);
        }
    }
    this.hasChanged = false;
    this.scrollOfCells = this.scroll;
  }

  /** Many cells in a row belong to one link, so the last one is remembered. */
  private drawLink(at: number, cell: IBufferCell): void {
    const number = linkNumber(cell);
    if (number !== this.linkRead) {
      this.linkRead = number;
      this.linkShown = linkNumberOf(linkOf(this.terminal, number)?.uri ?? "");
    }
    this.cells.links[at] = this.linkShown;
  }

  /** The selected text, or all lines in view without trailing blanks, for copying. */
  text(): string {
    if (this.selection !== undefined) return selectedText(this.terminal, this.selection);
    const buffer = this.terminal.buffer.active;
    const top = this.topLine;
    const lines = Array.from(
      { length: this.terminal.rows },
      (_, row) => buffer.getLine(top + row)?.translateToString(true) ?? "",
    );
    return lines.join("\n").trimEnd();
  }

  /** Where the program's cursor is within the pane, or undefined when it is hidden or scrolled away. */
  cursor(): Place | undefined {
    if (this.isWhole) this.cursorOfCells = this.readCursor();
    const cursor = this.cursorOfCells;
    return cursor && { ...cursor, y: cursor.y - this.rowsAbove };
  }

  private readCursor(): Place | undefined {
    const buffer = this.terminal.buffer.active;
    if (this.scroll > 0 || this.isCursorHidden()) return undefined;
    return { x: Math.min(buffer.cursorX, this.terminal.cols - 1), y: buffer.cursorY };
  }

  dispose(): void {
    this.terminal.dispose();
  }

  /** The program asked for mouse reports in SGR form. */
  get usesSgrMouse(): boolean {
    return this.internals()?.coreMouseService?.activeEncoding === "SGR";
  }

  private isCursorHidden(): boolean {
    return this.internals()?.coreService?.isCursorHidden === true;
  }

  /** Two modes have no public accessor; should the fields ever go, the cursor shows and mouse reports have the old form. */
  private internals(): Internals | undefined {
    return (this.terminal as unknown as { readonly _core?: Internals })._core;
  }
}

interface Internals {
  readonly coreService?: { readonly isCursorHidden?: boolean };
  readonly coreMouseService?: { readonly activeEncoding?: string };
}

// Reused for every read: a screen has thousands of cells and is read at frame rate.
let cellOfRead: IBufferCell | undefined;

function blank(grid: CellGrid, at: number, width: number): void {
  grid.glyphs.fill(SPACE, at, at + width);
  grid.foreground.fill(0, at, at + width);
  grid.background.fill(0, at, at + width);
  grid.links.fill(0, at, at + width);
}

function drawCell(grid: CellGrid, at: number, cell: IBufferCell): void {
  const width = cell.getWidth();
  const code = cell.getCode();
  if (width === 0) grid.glyphs[at] = 0;
  else if (code < 0x300) grid.glyphs[at] = code < SPACE ? SPACE : combined(cell, code, width);
  else grid.glyphs[at] = clusterOf(cell, width);
  let foreground = cell.getFgColorMode();
  if (foreground !== 0) foreground |= cell.getFgColor();
  let background = cell.getBgColorMode();
  if (background !== 0) background |= cell.getBgColor();
  if (cell.isBold()) foreground |= BOLD;
  if (cell.isDim()) foreground |= DIM;
  if (cell.isItalic()) foreground |= ITALIC;
  if (cell.isUnderline()) foreground |= UNDERLINE;
  if (cell.isInverse()) foreground |= INVERSE;
  if (cell.isInvisible()) foreground |= INVISIBLE;
  if (cell.isStrikethrough()) background |= STRIKETHROUGH;
  if (cell.isOverline()) background |= OVERLINE;
  if (cell.isBlink()) background |= BLINK;
  grid.foreground[at] = foreground >>> 0;
  grid.background[at] = background >>> 0;
}

const joiner = /^[\u200d\ufe0e\ufe0f\p{M}]/u;

/**
 * Clusters that were torn by overwriting are not passed on as they are: a mark without its base would join the cell
 * before it on the person's terminal, and one of another width than its cell would move the rest of the line.
 */
function clusterOf(cell: IBufferCell, width: number): number {
  const text = cell.getChars();
  if (joiner.test(text)) return SPACE;
  // Only joined emoji: for some scripts the two of us count marks differently, and the emulator decides.
  if (!text.includes("\u200d") || graphemeWidth(text) === width) return glyphOf(text, width);
  const first = String.fromCodePoint(text.codePointAt(0) ?? SPACE);
  return graphemeWidth(first) === width ? glyphOf(first, width) : SPACE;
}

// `getCode` of a cluster is its last code point; those of marks are above 0x300, so the cell is a single character.
function combined(cell: IBufferCell, code: number, width: number): number {
  return width === 1 ? code : glyphOf(cell.getChars(), width);
}
