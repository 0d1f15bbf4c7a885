import type { Look } from "./panel.tsx";
import { symbolsOf } from "./symbols.ts";
import { themeOf } from "./theme.ts";

/** How things look in this environment: theme, symbols. Colours are fitted to the terminal by the compositor. */
export function lookOf(env: NodeJS.ProcessEnv): Look {
  return { theme: themeOf(env), symbols: symbolsOf(env) };
}
