import { UnicodeGraphemesAddon } from "@xterm/addon-unicode-graphemes";
import headless, { type IBufferCell, type Terminal } from "@xterm/headless";
import { hardenTerminal } from "../../../agents/sessions/harden-terminal.ts";
import {
  BLINK,
  BOLD,
  type CellGrid,
  DIM,
  glyphOf,
  INVERSE,
  INVISIBLE,
  ITALIC,
  OVERLINE,
  type Rect,
  SPACE,
  STRIKETHROUGH,
  UNDERLINE,
  WIDE,
} from "../screen/cell-grid.ts";
import { graphemeWidth } from "../screen/text-width.ts";

/** The screen of one session: a headless terminal fed with the session's bytes. */
export class PaneScreen {
  /** Lines above the newest screen that are scrolled into view. */
  scroll = 0;
  readonly terminal: Terminal;

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
    this.terminal.write(bytes, parsed);
  }

  resize(columns: number, rows: number): void {
    if (columns < 1 || rows < 1) return;
    this.terminal.resize(columns, rows);
  }

  /** Draws the visible part into `rect`; what does not fit is clipped at the right and the bottom. */
  drawInto(grid: CellGrid, rect: Rect): void {
    const buffer = this.terminal.buffer.active;
    const top = Math.max(0, buffer.viewportY - this.scroll);
    const columns = Math.min(rect.width, this.terminal.cols);
    cellOfRead ??= buffer.getNullCell();
    const cell = cellOfRead;
    for (let row = 0; row < rect.height; row++) {
      const line = row < this.terminal.rows ? buffer.getLine(top + row) : undefined;
      const at = (rect.y + row) * grid.columns + rect.x;
      blank(grid, at, rect.width);
      if (line === undefined) continue;
      for (let column = 0; column < columns; column++) {
        line.getCell(column, cell);
        drawCell(grid, at + column, cell);
      }
      // A wide glyph whose right half is outside would draw over the frame.
      if (columns > 0 && ((grid.glyphs[at + columns - 1] ?? 0) & WIDE) !== 0)
        grid.glyphs[at + columns - 1] = SPACE;
    }
  }

  /** The lines in view, without trailing blanks, for copying. */
  text(): string {
    const buffer = this.terminal.buffer.active;
    const top = Math.max(0, buffer.viewportY - this.scroll);
    const lines = Array.from(
      { length: this.terminal.rows },
      (_, row) => buffer.getLine(top + row)?.translateToString(true) ?? "",
    );
    return lines.join("\n").trimEnd();
  }

  /** Where the program's cursor is within the pane, or undefined when it is hidden or scrolled away. */
  cursor(): { readonly x: number; readonly y: number } | undefined {
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
