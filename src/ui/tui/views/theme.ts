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

/** `GT_THEME`, or what the terminal says of its background (`COLORFGBG`). */
export function themeOf(env: NodeJS.ProcessEnv): Theme {
  const background = /;(\d+)$/.exec(env["COLORFGBG"] ?? "")?.[1];
  const isLight =
    env["GT_THEME"] === "light" ||
    (env["GT_THEME"] === undefined && (background === "7" || background === "15"));
  return isLight ? lightTheme : darkTheme;
}
