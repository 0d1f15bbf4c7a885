/** Signs that are drawn by the TUI alone; roles, health states and events have theirs in core (spec/06 §9.6). */
export interface Symbols {
  readonly isAscii: boolean;
  readonly barFull: string;
  readonly barEmpty: string;
  readonly convoy: string;
  readonly mountain: string;
  readonly landed: string;
  readonly queue: string;
  readonly done: string;
  readonly mail: string;
  readonly escalation: string;
  readonly expanded: string;
  readonly collapsed: string;
  readonly selected: string;
  readonly marked: string;
  readonly up: string;
  readonly dot: string;
  readonly bar: string;
  /** Corners from the top left in reading order, then the horizontal and the vertical line. */
  readonly frame: readonly [string, string, string, string, string, string];
}

export const unicodeSymbols: Symbols = {
  isAscii: false,
  barFull: "▓",
  barEmpty: "░",
  convoy: "🚚",
  mountain: "⛰",
  landed: "🏁",
  queue: "⚙",
  done: "✓",
  mail: "✉",
  escalation: "⏫",
  expanded: "▾",
  collapsed: "▸",
  selected: "▶",
  marked: "◆",
  up: "▲",
  dot: "·",
  bar: "│",
  frame: ["╭", "╮", "╰", "╯", "─", "│"],
};

export const asciiSymbols: Symbols = {
  isAscii: true,
  barFull: "#",
  barEmpty: ".",
  convoy: ">",
  mountain: "^",
  landed: "v",
  queue: "~",
  done: "v",
  mail: "mail",
  escalation: "esc",
  expanded: "-",
  collapsed: "+",
  selected: ">",
  marked: "+",
  up: "^",
  dot: "-",
  bar: "|",
  frame: ["+", "+", "+", "+", "-", "|"],
};

/** ASCII for `GT_ASCII=1`, or a locale that cannot say UTF-8. */
export function symbolsOf(env: NodeJS.ProcessEnv): Symbols {
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  const cannotUtf8 = locale !== "" && !/utf-?8/i.test(locale);
  return env["GT_ASCII"] === "1" || cannotUtf8 ? asciiSymbols : unicodeSymbols;
}
