/** Bits of a glyph: a code point or, with `CLUSTER`, an index into the interned strings. 0 is the right half of a wide glyph. */
export const WIDE = 1 << 30;
export const CLUSTER = 1 << 29;
const VALUE = 0x1fffff;

/** Bits 0-23 of a style word are a colour, bits 24-25 say of what kind. */
export const COLOUR = 0xffffff;
export const COLOUR_MODE = 0x3000000;
export const MODE_ANSI = 0x1000000;
export const MODE_PALETTE = 0x2000000;
export const MODE_RGB = 0x3000000;

/** Flags in the foreground word. */
export const BOLD = 1 << 26;
export const DIM = 1 << 27;
export const ITALIC = 1 << 28;
export const UNDERLINE = 1 << 29;
export const INVERSE = 1 << 30;
export const INVISIBLE = 2 ** 31;
/** Flags in the background word. */
export const STRIKETHROUGH = 1 << 26;
export const OVERLINE = 1 << 27;
export const BLINK = 1 << 28;

export const SPACE = 0x20;

/** A rectangle of terminal cells, zero-based. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Cells of a screen in flat arrays: the compositor touches each of them at frame rate and must not allocate. */
export class CellGrid {
  columns: number;
  rows: number;
  glyphs: Uint32Array;
  foreground: Uint32Array;
  background: Uint32Array;
  /** Numbers of hyperlinks (`linkNumberOf`); 0 for none. */
  links: Uint16Array;

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
    this.glyphs = new Uint32Array(columns * rows).fill(SPACE);
    this.foreground = new Uint32Array(columns * rows);
    this.background = new Uint32Array(columns * rows);
    this.links = new Uint16Array(columns * rows);
  }

  resize(columns: number, rows: number): void {
    if (columns === this.columns && rows === this.rows) return;
    this.columns = columns;
    this.rows = rows;
    this.glyphs = new Uint32Array(columns * rows);
    this.foreground = new Uint32Array(columns * rows);
    this.background = new Uint32Array(columns * rows);
    this.links = new Uint16Array(columns * rows);
    this.clear();
  }

  clear(): void {
    this.glyphs.fill(SPACE);
    this.foreground.fill(0);
    this.background.fill(0);
    this.links.fill(0);
  }

  clearRow(row: number): void {
    const start = row * this.columns;
    const end = start + this.columns;
    this.glyphs.fill(SPACE, start, end);
    this.foreground.fill(0, start, end);
    this.background.fill(0, start, end);
    this.links.fill(0, start, end);
  }

  copyFrom(other: CellGrid): void {
    this.resize(other.columns, other.rows);
    this.glyphs.set(other.glyphs);
    this.foreground.set(other.foreground);
    this.background.set(other.background);
    this.links.set(other.links);
  }

  /** Text of a row, for tests and copying. */
  text(row: number): string {
    let text = "";
    for (let at = row * this.columns; at < (row + 1) * this.columns; at++)
      text += glyphText(this.glyphs[at] ?? SPACE);
    return text;
  }
}

// Clusters are few in practice. Past the limit a hostile stream gets the replacement character instead of our memory.
const clusterLimit = 65_536;
const clusterIndex = new Map<string, number>();
const clusters: string[] = [];

/** The glyph of one grapheme that covers `width` cells (1 or 2). */
export function glyphOf(grapheme: string, width: number): number {
  const codePoint = grapheme.codePointAt(0) ?? SPACE;
  const wide = width === 2 ? WIDE : 0;
  if (grapheme.length === (codePoint > 0xffff ? 2 : 1)) return codePoint | wide;
  let index = clusterIndex.get(grapheme);
  if (index === undefined) {
    if (clusters.length >= clusterLimit) return 0xfffd | wide;
    index = clusters.length;
    clusters.push(grapheme);
    clusterIndex.set(grapheme, index);
  }
  return index | CLUSTER | wide;
}

/** The text that draws a glyph; nothing for the right half of a wide one. */
export function glyphText(glyph: number): string {
  if (glyph === 0) return "";
  if ((glyph & CLUSTER) !== 0) return clusters[glyph & VALUE] ?? " ";
  return String.fromCodePoint(glyph & VALUE);
}

// As with clusters: past the limit there are no further links.
const linkLimit = 65_535;
const linkIndex = new Map<string, number>();
const uris: string[] = [""];
const longestUri = 2000;

/** A number for cells of this link; 0 when it is none that may be followed: only plain web addresses are passed on. */
export function linkNumberOf(uri: string): number {
  const known = linkIndex.get(uri);
  if (known !== undefined) return known;
  if (uris.length > linkLimit || uri.length > longestUri || !/^https?:\/\/[!-~]+$/.test(uri)) return 0;
  uris.push(uri);
  linkIndex.set(uri, uris.length - 1);
  return uris.length - 1;
}

export function linkUri(number: number): string {
  return uris[number] ?? "";
}
