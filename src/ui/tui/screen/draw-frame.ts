import {
  BOLD,
  type CellGrid,
  DIM,
  glyphOf,
  INVERSE,
  ITALIC,
  MODE_ANSI,
  MODE_PALETTE,
  MODE_RGB,
  OVERLINE,
  SPACE,
  STRIKETHROUGH,
  UNDERLINE,
} from "./cell-grid.ts";
import { graphemes, graphemeWidth } from "./text-width.ts";

/**
 * Draws a frame as Ink writes it (lines of text and SGR sequences, nothing else) into the grid. `drawn` are the lines that
 * it shows; those that stay are not drawn again. Gives the lines that it shows then.
 */
export function drawFrame(grid: CellGrid, frame: string, drawn: readonly string[] = []): readonly string[] {
  const lines = frame.split("\n", grid.rows);
  for (let row = 0; row < grid.rows; row++) {
    const line = lines[row] ?? "";
    if (line === drawn[row]) continue;
    grid.clearRow(row);
    drawLine(grid, row, line);
  }
  return lines;
}

// The pen of the line being drawn; one frame is drawn at a time.
let penForeground = 0;
let penBackground = 0;

function drawLine(grid: CellGrid, row: number, line: string): void {
  penForeground = 0;
  penBackground = 0;
  let column = 0;
  let at = 0;
  while (at < line.length && column < grid.columns) {
    const code = line.charCodeAt(at);
    if (code === 0x1b) {
      at = readSequence(line, at);
      continue;
    }
    // A plain character that no combining mark follows is most of every frame.
    const next = at + 1 < line.length ? line.charCodeAt(at + 1) : SPACE;
    if (code < 0x300 && next < 0x300) {
      if (code >= SPACE && (code < 0x7f || code > 0x9f)) column = put(grid, row, column, code, 1);
      at++;
      continue;
    }
    const sequenceAt = line.indexOf("\u001b", at);
    const text = line.slice(at, sequenceAt === -1 ? line.length : sequenceAt);
    for (const grapheme of graphemes(text)) {
      const width = graphemeWidth(grapheme);
      if (width === 0) continue;
      if (column + width > grid.columns) break;
      column = put(grid, row, column, glyphOf(grapheme, width), width);
    }
    at += text.length;
  }
}

function put(grid: CellGrid, row: number, column: number, glyph: number, width: number): number {
  const at = row * grid.columns + column;
  grid.glyphs[at] = glyph;
  grid.foreground[at] = penForeground;
  grid.background[at] = penBackground;
  if (width === 2) {
    grid.glyphs[at + 1] = 0;
    grid.foreground[at + 1] = penForeground;
    grid.background[at + 1] = penBackground;
  }
  return column + width;
}

const sequence = /\u001b\[([0-9;:]*)([@-~])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)/y;

function readSequence(line: string, at: number): number {
  sequence.lastIndex = at;
  const match = sequence.exec(line);
  if (match === null) return at + 1;
  if (match[2] === "m") applySgr(match[1] ?? "");
  return sequence.lastIndex;
}

function applySgr(parameters: string): void {
  const codes = parameters.split(/[;:]/).map(Number);
  for (let index = 0; index < codes.length; index++) {
    const code = codes[index] ?? 0;
    if (code === 38 || code === 48) {
      const [colour, used] = extendedColour(codes, index + 1);
      if (code === 38) setForeground(colour);
      else setBackground(colour);
      index += used;
    } else applyCode(code);
  }
}

function extendedColour(codes: readonly number[], at: number): [colour: number, used: number] {
  if (codes[at] === 5) return [MODE_PALETTE | ((codes[at + 1] ?? 0) & 0xff), 2];
  const [red = 0, green = 0, blue = 0] = codes.slice(at + 1, at + 4);
  return [MODE_RGB | ((red & 0xff) << 16) | ((green & 0xff) << 8) | (blue & 0xff), 4];
}

function setForeground(colour: number): void {
  penForeground = ((penForeground & ~0x3ffffff) | colour) >>> 0;
}

function setBackground(colour: number): void {
  penBackground = ((penBackground & ~0x3ffffff) | colour) >>> 0;
}

function applyCode(code: number): void {
  if (code === 0) {
    penForeground = 0;
    penBackground = 0;
  } else if (code >= 30 && code <= 37) setForeground(MODE_ANSI | (code - 30));
  else if (code === 39) setForeground(0);
  else if (code >= 40 && code <= 47) setBackground(MODE_ANSI | (code - 40));
  else if (code === 49) setBackground(0);
  else if (code >= 90 && code <= 97) setForeground(MODE_ANSI | (code - 82));
  else if (code >= 100 && code <= 107) setBackground(MODE_ANSI | (code - 92));
  else applyAttribute(code);
}

function applyAttribute(code: number): void {
  switch (code) {
    case 1:
      penForeground |= BOLD;
      break;
    case 2:
      penForeground |= DIM;
      break;
    case 3:
      penForeground |= ITALIC;
      break;
    case 4:
      penForeground |= UNDERLINE;
      break;
    case 7:
      penForeground |= INVERSE;
      break;
    case 9:
      penBackground |= STRIKETHROUGH;
      break;
    case 22:
      penForeground &= ~(BOLD | DIM);
      break;
    case 23:
      penForeground &= ~ITALIC;
      break;
    case 24:
      penForeground &= ~UNDERLINE;
      break;
    case 27:
      penForeground &= ~INVERSE;
      break;
    case 29:
      penBackground &= ~STRIKETHROUGH;
      break;
    case 53:
      penBackground |= OVERLINE;
      break;
    case 55:
      penBackground &= ~OVERLINE;
      break;
  }
  penForeground >>>= 0;
  penBackground >>>= 0;
}
