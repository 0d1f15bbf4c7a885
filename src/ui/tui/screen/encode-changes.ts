import {
  BLINK,
  BOLD,
  type CellGrid,
  CLUSTER,
  DIM,
  glyphText,
  INVERSE,
  INVISIBLE,
  ITALIC,
  linkUri,
  OVERLINE,
  STRIKETHROUGH,
  UNDERLINE,
  WIDE,
} from "./cell-grid.ts";
import { type ColourDepth, colourCodes } from "./colour.ts";

/** Unchanged cells up to this many are written again rather than jumped over: shorter than a cursor movement. */
const shortGap = 4;

/**
 * The bytes that turn a terminal showing `shown` into one showing `next`, and brings `shown` up to date. Assumes
 * nothing about the terminal's pen and cursor; leaves the pen reset. Both grids have the same size.
 */
export function encodeChanges(shown: CellGrid, next: CellGrid, depth: ColourDepth): string {
  const parts: string[] = [];
  const pen: Pen = { foreground: -1, background: -1, link: 0, depth };
  for (let row = 0; row < next.rows; row++) encodeRow(parts, pen, shown, next, row);
  if (parts.length === 0) return "";
  if (pen.link !== 0) parts.push("\u001b]8;;\u001b\\");
  parts.push("\u001b[m");
  return parts.join("");
}

interface Pen {
  foreground: number;
  background: number;
  /** The hyperlink that what is written belongs to. */
  link: number;
  readonly depth: ColourDepth;
}

function encodeRow(parts: string[], pen: Pen, shown: CellGrid, next: CellGrid, row: number): void {
  const { columns } = next;
  const first = row * columns;
  // Where the terminal's cursor surely is, or -1 when that is not certain.
  let cursor = -1;
  let column = 0;
  while (column < columns) {
    const at = first + column;
    const glyph = next.glyphs[at] ?? 0;
    const span = (glyph & WIDE) !== 0 && column + 1 < columns ? 2 : 1;
    if (!differs(shown, next, at, span)) {
      column += span;
      continue;
    }
    if (cursor !== column) moveTo(parts, pen, next, row, cursor, column);
    writeCell(parts, pen, next, at);
    for (let index = at; index < at + span; index++) take(shown, next, index);
    column += span;
    // Terminals disagree about the width of what is not plain, so the next cell gets an absolute position.
    cursor = isPlain(glyph) ? column : -1;
  }
}

function moveTo(
  parts: string[],
  pen: Pen,
  next: CellGrid,
  row: number,
  cursor: number,
  column: number,
): void {
  const gap = column - cursor;
  if (cursor !== -1 && gap > 0 && gap <= shortGap) {
    const from = row * next.columns + cursor;
    let plain = true;
    for (let at = from; at < from + gap; at++) plain &&= isPlain(next.glyphs[at] ?? 0);
    if (plain) {
      for (let at = from; at < from + gap; at++) writeCell(parts, pen, next, at);
      return;
    }
  }
  parts.push(cursor === -1 ? `\u001b[${row + 1};${column + 1}H` : `\u001b[${column + 1}G`);
}

function writeCell(parts: string[], pen: Pen, next: CellGrid, at: number): void {
  const foreground = next.foreground[at] ?? 0;
  const background = next.background[at] ?? 0;
  if (foreground !== pen.foreground || background !== pen.background) {
    parts.push(style(pen, foreground, background));
    pen.foreground = foreground;
    pen.background = background;
  }
  const link = next.links[at] ?? 0;
  if (link !== pen.link) {
    parts.push(`\u001b]8;;${linkUri(link)}\u001b\\`);
    pen.link = link;
  }
  const glyph = next.glyphs[at] ?? 0;
  // A terminal that gives an emoji one column would leave what was in the second one.
  if (isDisputed(glyph)) parts.push("\u001b[2X");
  // An orphaned right half (its left half was covered) shows as a blank.
  parts.push(glyphText(glyph) || " ");
}

function style(pen: Pen, foreground: number, background: number): string {
  // After a reset the defaults need no code, which keeps plain text short.
  let codes = "0";
  if ((foreground & BOLD) !== 0) codes += ";1";
  if ((foreground & DIM) !== 0) codes += ";2";
  if ((foreground & ITALIC) !== 0) codes += ";3";
  if ((foreground & UNDERLINE) !== 0) codes += ";4";
  if ((background & BLINK) !== 0) codes += ";5";
  if ((foreground & INVERSE) !== 0) codes += ";7";
  if ((foreground & INVISIBLE) !== 0) codes += ";8";
  if ((background & STRIKETHROUGH) !== 0) codes += ";9";
  if ((background & OVERLINE) !== 0) codes += ";53";
  const front = colourCodes(foreground, 30, pen.depth);
  const back = colourCodes(background, 40, pen.depth);
  if (front !== "39") codes += `;${front}`;
  if (back !== "49") codes += `;${back}`;
  return `\u001b[${codes}m`;
}

function differs(shown: CellGrid, next: CellGrid, at: number, span: number): boolean {
  for (let index = at; index < at + span; index++)
    if (
      shown.glyphs[index] !== next.glyphs[index] ||
      shown.foreground[index] !== next.foreground[index] ||
      shown.background[index] !== next.background[index] ||
      shown.links[index] !== next.links[index]
    )
      return true;
  return false;
}

function take(shown: CellGrid, next: CellGrid, at: number): void {
  shown.glyphs[at] = next.glyphs[at] ?? 0;
  shown.foreground[at] = next.foreground[at] ?? 0;
  shown.background[at] = next.background[at] ?? 0;
  shown.links[at] = next.links[at] ?? 0;
}

/** Wide glyphs about whose width terminals disagree: emoji and clusters, not the ideographs. */
function isDisputed(glyph: number): boolean {
  if ((glyph & WIDE) === 0) return false;
  const code = glyph & 0x1fffff;
  return (glyph & CLUSTER) !== 0 || code < 0x2e80 || (code >= 0x1f000 && code < 0x20000);
}

/** Box drawing and block elements are counted as plain: every terminal gives them one column. */
function isPlain(glyph: number): boolean {
  return (
    (glyph >= 0x20 && glyph < 0x7f) || (glyph >= 0xa1 && glyph < 0x300) || (glyph >= 0x2500 && glyph < 0x25a0)
  );
}
