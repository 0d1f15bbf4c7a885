/** Colours by what they mean (spec/07 §1.7). Every function returns its text unchanged when colour is off. */
export interface Style {
  bold(text: string): string;
  pass(text: string): string;
  warning(text: string): string;
  failure(text: string): string;
  muted(text: string): string;
  accent(text: string): string;
  /** 0 critical .. 4 backlog. */
  priority(level: number, text: string): string;
  /** Colour of a bead status. */
  status(status: string, text: string): string;
}

export type ColourDepth = "none" | "16" | "256" | "true";

type Hue =
  | "pass"
  | "warning"
  | "failure"
  | "muted"
  | "p1"
  | "p2"
  | "blocked"
  | "closed"
  | "pinned"
  | "accent";

const palettes: Readonly<Record<"light" | "dark", Readonly<Record<Hue, number>>>> = {
  light: {
    pass: 0x86b300,
    warning: 0xf2ae49,
    failure: 0xf07171,
    muted: 0x828c99,
    p1: 0xff8f40,
    p2: 0xe6b450,
    blocked: 0xf07171,
    closed: 0x9099a1,
    pinned: 0xa37acc,
    accent: 0x399ee6,
  },
  dark: {
    pass: 0xc2d94c,
    warning: 0xffb454,
    failure: 0xf07178,
    muted: 0x6c7680,
    p1: 0xff8f40,
    p2: 0xe6b450,
    blocked: 0xf26d78,
    closed: 0x8090a0,
    pinned: 0xd2a6ff,
    accent: 0x59c2ff,
  },
};

const sixteen: Readonly<Record<Hue, number>> = {
  pass: 32,
  warning: 33,
  failure: 31,
  muted: 90,
  p1: 33,
  p2: 33,
  blocked: 31,
  closed: 90,
  pinned: 35,
  accent: 36,
};

export function createStyle(depth: ColourDepth, theme: "light" | "dark" = "dark"): Style {
  const paint = (hue: Hue, text: string): string =>
    depth === "none" ? text : `\u001b[${code(depth, theme, hue)}m${text}\u001b[39m`;
  const bold = (text: string): string => (depth === "none" ? text : `\u001b[1m${text}\u001b[22m`);
  return {
    bold,
    pass: (text) => paint("pass", text),
    warning: (text) => paint("warning", text),
    failure: (text) => paint("failure", text),
    muted: (text) => paint("muted", text),
    accent: (text) => paint("accent", text),
    priority(level, text) {
      if (level === 0) return bold(paint("failure", text));
      if (level === 1) return paint("p1", text);
      return level === 2 ? paint("p2", text) : paint("muted", text);
    },
    status(status, text) {
      const hue = statusHues[status];
      return hue === undefined ? text : paint(hue, text);
    },
  };
}

const statusHues: Readonly<Record<string, Hue>> = {
  in_progress: "warning",
  hooked: "accent",
  blocked: "blocked",
  deferred: "muted",
  pinned: "pinned",
  closed: "closed",
};

function code(depth: ColourDepth, theme: "light" | "dark", hue: Hue): string {
  if (depth === "16") return String(sixteen[hue]);
  const rgb = palettes[theme][hue];
  const [red, green, blue] = [(rgb >> 16) & 255, (rgb >> 8) & 255, rgb & 255];
  if (depth === "true") return `38;2;${red};${green};${blue}`;
  const step = (channel: number) => Math.round((channel / 255) * 5);
  return `38;5;${16 + 36 * step(red) + 6 * step(green) + step(blue)}`;
}
