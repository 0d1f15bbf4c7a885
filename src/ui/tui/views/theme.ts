import type { TuiSettings } from "../tui-settings.ts";

/** Colours by meaning (spec/06 §9.6). A colour never carries meaning alone. */
export interface Theme {
  readonly good: string;
  readonly care: string;
  readonly bad: string;
  readonly accent: string;
  readonly muted: string;
  readonly role: string;
}

export const darkTheme: Theme = {
  good: "#c2d94c",
  care: "#ffb454",
  bad: "#f07178",
  accent: "#59c2ff",
  muted: "#6c7680",
  role: "#d2a6ff",
};

export const lightTheme: Theme = {
  good: "#86b300",
  care: "#f2ae49",
  bad: "#f07171",
  accent: "#399ee6",
  muted: "#828c99",
  role: "#a37acc",
};

/** For who needs it: bright on black, nothing dimmed. */
export const highContrastTheme: Theme = {
  good: "#5fff5f",
  care: "#ffff5f",
  bad: "#ff8787",
  accent: "#5fffff",
  muted: "#d0d0d0",
  role: "#ffafff",
};

/** `GT_THEME`, the setting, or what the terminal says of its background (`COLORFGBG`); with the person's own colours. */
export function themeOf(
  env: NodeJS.ProcessEnv,
  { theme, colours }: Pick<TuiSettings, "theme" | "colours">,
): Theme {
  const background = /;(\d+)$/.exec(env["COLORFGBG"] ?? "")?.[1];
  const guess = background === "7" || background === "15" ? "light" : "dark";
  const wanted = env["GT_THEME"] || (theme === "auto" ? guess : theme);
  const base = wanted === "light" ? lightTheme : wanted === "high-contrast" ? highContrastTheme : darkTheme;
  const own = Object.entries(colours).filter(
    ([name, value]) => name in base && typeof value === "string" && /^#[0-9a-f]{6}$/i.test(value),
  );
  return { ...base, ...Object.fromEntries(own) };
}
