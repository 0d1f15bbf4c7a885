import { keymap } from "../keymap.ts";
import { withOwnKeys } from "../own-keys.ts";
import type { TuiSettings } from "../tui-settings.ts";
import type { Look } from "./panel.tsx";
import { symbolsOf } from "./symbols.ts";
import { themeOf } from "./theme.ts";

/**
 * How things look, and what keys do, in this environment and town. Colours are fitted to the terminal by the compositor.
 * `problems` says what of the settings was not taken, and why.
 */
export function lookOf(
  env: NodeJS.ProcessEnv,
  settings: TuiSettings,
): { readonly look: Look; readonly problems: readonly string[] } {
  const { bindings, problems } = withOwnKeys(keymap, settings.keys);
  return { look: { theme: themeOf(env, settings), symbols: symbolsOf(env), bindings }, problems };
}
