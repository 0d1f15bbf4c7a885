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
  /** A command is at work on it. */
  readonly busy: string;
  /** From nothing to everything, for a graph of one line. */
  readonly levels: readonly string[];
  /** An agent waits for an answer. */
  readonly asks: string;
  readonly paused: string;
  readonly unread: string;
  readonly muted: string;
  readonly parked: string;
  readonly docked: string;
  readonly unreadable: string;
  /** Left edge of what lies above everything without a frame. */
  readonly edge: string;
  readonly dot: string;
  /** Before what somebody else said. */
  readonly quote: string;
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
  busy: "↻",
  levels: [" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
  asks: "❓",
  paused: "⏸",
  unread: "📬",
  muted: "🔕",
  parked: "🅿️",
  docked: "🛑",
  unreadable: "⚠",
  edge: "▌",
  dot: "·",
  quote: "›",
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
  busy: "~",
  levels: [" ", ".", ":", "-", "=", "+", "*", "#"],
  asks: "?",
  paused: "paused",
  unread: "mail",
  muted: "dnd",
  parked: "P",
  docked: "x",
  unreadable: "!",
  edge: "|",
  dot: "-",
  quote: ">",
  bar: "|",
  frame: ["+", "+", "+", "+", "-", "|"],
};

/** ASCII for `GT_ASCII=1`, or a locale that cannot say UTF-8. */
export function symbolsOf(env: NodeJS.ProcessEnv): Symbols {
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"] || "";
  const cannotUtf8 = locale !== "" && !/utf-?8/i.test(locale);
  return env["GT_ASCII"] === "1" || cannotUtf8 ? asciiSymbols : unicodeSymbols;
}
