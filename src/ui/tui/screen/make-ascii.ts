import { type CellGrid, SPACE, WIDE } from "./cell-grid.ts";

const signs: Readonly<Record<string, string>> = {
  "·": "-",
  "…": "~",
  "↵": "<",
  "›": ">",
  "✓": "v",
  "→": ">",
  "←": "<",
  "↑": "^",
  "↓": "v",
  "─": "-",
  "│": "|",
  "╭": "+",
  "╮": "+",
  "╰": "+",
  "╯": "+",
  "▓": "#",
  "░": ".",
  "—": "-",
  "–": "-",
};

const bySign = new Map(
  Object.entries(signs).map(([sign, ascii]) => [sign.codePointAt(0), ascii.charCodeAt(0)]),
);
const unknown = "?".charCodeAt(0);

/** Replaces every glyph that is not ASCII by one that is, in the same cells. */
export function makeAscii(grid: CellGrid): void {
  const { glyphs } = grid;
  for (let at = 0; at < glyphs.length; at++) {
    const glyph = glyphs[at] ?? SPACE;
    if (glyph >= SPACE && glyph < 0x7f) continue;
    glyphs[at] = glyph === 0 ? SPACE : (((glyph & WIDE) === 0 ? bySign.get(glyph) : undefined) ?? unknown);
  }
}
