import { focusedPanel, type PanelName, type TuiState } from "../store/state.ts";
import { type Line, withStyle } from "./spans.ts";
import type { Theme } from "./theme.ts";

/** The selected row: a bar in the focused panel, bold in the others. */
export function highlight(line: Line, state: TuiState, panel: PanelName, theme: Theme): Line {
  if (focusedPanel(state) === panel && state.overlay === undefined) return bar(line, theme);
  return withStyle(line, { isBold: true });
}

/** In one colour from end to end: inverse, the colours of its parts would be a patchwork. */
export function bar(line: Line, theme: Theme): Line {
  return withStyle(line, { isInverse: true, colour: theme.accent });
}
