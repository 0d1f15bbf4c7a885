import stringWidth from "string-width";
import { sanitiseLine } from "../../../core/sanitise.ts";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });
const printableAscii = /^[\u0020-\u007e]*$/;

/** Columns that a text covers on the screen. */
export function textWidth(text: string): number {
  return printableAscii.test(text) ? text.length : stringWidth(text);
}

/** Columns of one grapheme as the layout counts them: 0, 1 or 2. */
export function graphemeWidth(grapheme: string): number {
  return Math.min(2, stringWidth(grapheme));
}

export function* graphemes(text: string): Generator<string> {
  for (const { segment } of segmenter.segment(text)) yield segment;
}

/** Text from outside for a place of `width` columns: sanitised, cut with `…` when it is longer. */
export function cut(text: string, width: number): string {
  return cutClean(sanitiseLine(text), width);
}

/** The same, filled with blanks to exactly `width` columns. */
export function padded(text: string, width: number): string {
  const shown = cut(text, width);
  return shown + " ".repeat(Math.max(0, width - textWidth(shown)));
}

function cutClean(text: string, width: number): string {
  if (width <= 0) return "";
  if (textWidth(text) <= width) return text;
  let shown = "";
  let used = 0;
  for (const grapheme of graphemes(text)) {
    const columns = graphemeWidth(grapheme);
    if (used + columns > width - 1) break;
    shown += grapheme;
    used += columns;
  }
  return shown + "…";
}
