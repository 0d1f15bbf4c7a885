import { firstVisible, rowIds, selectedIndex } from "../store/rows.ts";
import type { PanelName, TuiState } from "../store/state.ts";
import { wrapText } from "../screen/text-width.ts";
import { highlight } from "./highlight.ts";
import { fitLine, type Line, ofRow, span } from "./spans.ts";
import type { Look } from "./panel.tsx";

export interface ListRow {
  readonly id: string;
  /** Asked for when the row is in sight. */
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
    const text = isFiltered ? "nothing matches the filter" : state.town.isLoaded ? none : "…";
    return wrapText(text, width - 2).map((line): Line => [span(` ${line}`, look.theme.muted)]);
  }
  const selected = selectedIndex(state, panel, rowIds(state, panel));
  // Only what is in sight is drawn: a log has a thousand rows, and many of them are new in each frame.
  const lines: (Line | number)[] = [];
  let selectedLine = 0;
  for (const [index, { heading }] of rows.entries()) {
    if (heading !== undefined) lines.push(...(index === 0 ? [] : [[]]), ...heading);
    if (index === selected) selectedLine = lines.length;
    lines.push(index);
  }
  const first = firstVisible(lines.length, selectedLine, height);
  return lines.slice(first, first + height).map((line) => {
    if (typeof line !== "number") return line;
    const row = rows[line];
    const drawn = row === undefined ? [] : ofRow(row.id, fitLine(row.line, width));
    return line === selected ? highlight(drawn, state, panel, look.theme) : drawn;
  });
}
