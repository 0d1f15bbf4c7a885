import { focusedPanel, type PanelName, type TuiState } from "../store/state.ts";
import { type Line, withStyle } from "./spans.ts";

/** The selected row: inverse in the focused panel, bold in the others. */
export function highlight(line: Line, state: TuiState, panel: PanelName): Line {
  if (focusedPanel(state) === panel && state.overlay === undefined)
    return withStyle(line, { isInverse: true });
  return withStyle(line, { isBold: true });
}
