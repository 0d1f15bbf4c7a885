const replacements: Readonly<Record<string, string>> = {
  "✓": "ok",
  "✗": "failed",
  "✖": "failed",
  "⚠": "!",
  ℹ: "i",
  "→": "->",
  "←": "<-",
  "↑": "^",
  "↳": "`-",
  "↔": "<->",
  "↻": "~",
  "○": "o",
  "◐": "*",
  "●": "#",
  "❄": "-",
  "📌": "!",
  "◇": "+",
  "◊": "<>",
  "⊘": "x",
  "•": "-",
  "·": "-",
  "—": "--",
  "…": "...",
  "─": "-",
  "│": "|",
  "├": "|",
  "└": "`",
  "█": "#",
  "░": ".",
};

const glyphs = new RegExp(Object.keys(replacements).join("|"), "gu");

/** `GT_ASCII=1`, or a locale that is not UTF-8 (spec/07 §1.7). */
export function wantsAscii(env: NodeJS.ProcessEnv): boolean {
  if (env["GT_ASCII"] !== undefined) return !["", "0"].includes(env["GT_ASCII"]);
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  // No locale at all is what containers and services have; they print UTF-8 all the same.
  return locale !== "" && !/utf-?8/i.test(locale);
}

/** Replaces the glyphs and box lines that this program draws. */
export function toAscii(text: string): string {
  return text.replace(glyphs, (glyph) => replacements[glyph] ?? glyph);
}
