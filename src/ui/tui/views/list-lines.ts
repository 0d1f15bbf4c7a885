import { firstVisible, rowIds, selectedIndex } from "../store/rows.ts";
import type { PanelName, TuiState } from "../store/state.ts";
import { highlight } from "./highlight.ts";
import { fitLine, type Line, ofRow, span } from "./spans.ts";
import type { Look } from "./panel.tsx";

export interface ListRow {
  readonly id: string;
  readonly line: Line;
  /** Lines above the row, when a new group begins with it. */
  readonly heading?: readonly Line[];
}

/** A list that is longer than its place, with headings, the selected row always in sight. */
export function listLines(
  rows: readonly ListRow[],
  panel: PanelName,
  place: { readonly state: TuiState; readonly look: Look; readonly width: number; readonly height: number },
  none: string,
): readonly Line[] {
  const { state, look, width, height } = place;
  if (rows.length === 0) {
    const isFiltered = (state.filters[panel] ?? "") !== "";
    return [
      [
        span(
          isFiltered ? " nothing matches the filter" : state.town.isLoaded ? ` ${none}` : " …",
          look.theme.muted,
        ),
      ],
    ];
  }
  const selected = selectedIndex(state, panel, rowIds(state, panel));
  const lines: Line[] = [];
  let selectedLine = 0;
  for (const [index, row] of rows.entries()) {
    if (row.heading !== undefined) lines.push(...(index === 0 ? [] : [[]]), ...row.heading);
    const line = ofRow(row.id, fitLine(row.line, width));
    if (index === selected) selectedLine = lines.length;
    lines.push(index === selected ? highlight(line, state, panel) : line);
  }
  const first = firstVisible(lines.length, selectedLine, height);
  return lines.slice(first, first + height);
}
