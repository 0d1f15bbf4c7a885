import { focusedPanel, type PanelName, type TuiState } from "../store/state.ts";
import type { Look } from "./panel.tsx";
import { type Line, withStyle } from "./spans.ts";

/** The selected row: inverse in the focused panel, bold in the others. */
export function highlight(line: Line, state: TuiState, panel: PanelName, _look: Look): Line {
  if (focusedPanel(state) === panel && state.overlay === undefined)
    return withStyle(line, { isInverse: true });
  return withStyle(line, { isBold: true });
}
