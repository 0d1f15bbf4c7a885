import stringWidth from "string-width";
import { sanitiseLine } from "../../../core/sanitise.ts";
import { rememberWidths } from "./remember-widths.ts";

const segmenter = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/** Columns that a text covers on the screen. */
export function textWidth(text: string): number {
  return isPlain(text) ? text.length : widthOfText(text);
}

const widthOfText = rememberWidths((text) => {
  let width = 0;
  for (const grapheme of graphemes(text)) width += graphemeWidth(grapheme);
  return width;
});

/** Columns of one grapheme as the layout counts them: 0, 1 or 2. */
export function graphemeWidth(grapheme: string): number {
  return grapheme.length === 1 && isPlain(grapheme) ? 1 : widthOfGrapheme(grapheme);
}

const widthOfGrapheme = rememberWidths((grapheme) => Math.min(2, stringWidth(grapheme)));

/** What a person sees as one letter each. */
export function* graphemes(text: string): Generator<string> {
  if (isPlain(text)) yield* text;
  else for (const { segment } of segmenter.segment(text)) yield segment;
}

/** Text from outside for a place of `width` columns: sanitised, cut with `…` when it is longer. */
export function cut(text: string, width: number): string {
  return cutClean(isPlain(text) ? text : sanitiseLine(text), width);
}

/** The same, filled with blanks to exactly `width` columns. */
export function padded(text: string, width: number): string {
  const shown = cut(text, width);
  return shown + " ".repeat(Math.max(0, width - textWidth(shown)));
}

/** The text in lines of at most `width` columns, broken at blanks; following lines keep the first one's indent. */
export function wrapText(text: string, width: number): readonly string[] {
  const clean = sanitiseLine(text);
  if (width < 10 || textWidth(clean) <= width) return [clean];
  const indent = " ".repeat(Math.min(12, /^\s*(?:\S+\s{2,})?/.exec(clean)?.[0].length ?? 0));
  const lines: string[] = [];
  let line = "";
  for (const word of clean.split(/(?<= )/)) {
    if (line.trim() !== "" && textWidth(line) + textWidth(word.trimEnd()) > width) {
      lines.push(line.trimEnd());
      line = indent;
    }
    line += word;
    // A word longer than a line is broken anywhere.
    while (textWidth(line.trimEnd()) > width) {
      const head = cutClean(line, width + 1).slice(0, -1);
      if (head === "" || head === line) break;
      lines.push(head);
      line = indent + line.slice(head.length);
    }
  }
  if (line.trim() !== "") lines.push(line.trimEnd());
  return lines;
}

function cutClean(text: string, width: number): string {
  if (width <= 0) return "";
  if (textWidth(text) <= width) return text;
  if (isPlain(text)) return `${text.slice(0, width - 1)}…`;
  let shown = "";
  let used = 0;
  for (const grapheme of graphemes(text)) {
    const columns = graphemeWidth(grapheme);
    if (used + columns > width - 1) break;
    shown += grapheme;
    used += columns;
  }
  return `${shown}…`;
}

/** Only letters that are one column and one code unit each and never join with others: most of every screen. */
function isPlain(text: string): boolean {
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    const isAscii = code >= 0x20 && code < 0x7f;
    const isLatin = code >= 0xa1 && code < 0x300 && code !== 0xad;
    // Dashes and the ellipsis; arrows; box drawing, blocks and plain geometric shapes (emoji among them excluded).
    const isSign =
      code === 0x2026 ||
      code === 0x2013 ||
      code === 0x2014 ||
      (code >= 0x2500 && code < 0x25a0) ||
      code === 0x25cf ||
      code === 0x25cb ||
      code === 0x2713;
    if (!isAscii && !isLatin && !isSign) return false;
  }
  return true;
}
