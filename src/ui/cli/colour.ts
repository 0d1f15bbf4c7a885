import type { ColourDepth } from "./style.ts";

export interface ColourRequest {
  readonly env: NodeJS.ProcessEnv;
  readonly isTty: boolean;
  /** Value of `--color`; `--no-color`, `--plain` and `--json` count as `never`. */
  readonly flag?: "auto" | "always" | "never";
  readonly agentMode: boolean;
}

/** Whether and how finely one stream may be coloured (spec/07 §1.7). */
export function colourDepth({ env, isTty, flag = "auto", agentMode }: ColourRequest): ColourDepth {
  if (flag === "never") return "none";
  if (flag !== "always") {
    // An empty NO_COLOR counts as not set, as its own definition has it.
    if (env["NO_COLOR"] || env["CLICOLOR"] === "0" || env["TERM"] === "dumb") return "none";
    const isForced = env["CLICOLOR_FORCE"] !== undefined && !["", "0"].includes(env["CLICOLOR_FORCE"]);
    if (!isForced && (!isTty || agentMode)) return "none";
  }
  if (/truecolor|24bit/i.test(env["COLORTERM"] ?? "")) return "true";
  return /256|kitty|alacritty|ghostty/i.test(env["TERM"] ?? "") ? "256" : "16";
}

/** Light or dark palette: `GT_THEME`, else the terminal's own hint, else dark. */
export function colourTheme(env: NodeJS.ProcessEnv): "light" | "dark" {
  const wish = env["GT_THEME"];
  if (wish === "light" || wish === "dark") return wish;
  const background = Number(env["COLORFGBG"]?.split(";").at(-1) || Number.NaN);
  return background === 7 || (background >= 9 && background <= 15) ? "light" : "dark";
}
