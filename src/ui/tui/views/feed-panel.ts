import { shortAddress } from "../../../core/events/describe-event.ts";
import { feedRows, firstVisible, selectedIndex } from "../store/rows.ts";
import type { TuiState } from "../store/state.ts";
import type { FeedRow, Tone } from "../store/town-data.ts";
import { formatClock } from "./format.ts";
import { highlight } from "./highlight.ts";
import type { Look } from "./panel.tsx";
import { fitLine, type Line, ofRow, span } from "./spans.ts";
import type { Theme } from "./theme.ts";
import { padded, textWidth } from "../screen/text-width.ts";

/** Panel 3 (spec/06 §11.3): what happened, newest first. */
export function feedLines(state: TuiState, look: Look, width: number, height: number): readonly Line[] {
  const rows = feedRows(state);
  if (rows.length === 0) {
    const none = (state.filters.feed ?? "") === "" ? " No events yet" : " no event matches the filter";
    return [[span(state.town.isLoaded ? none : " …", look.theme.muted)]];
  }
  const selected = selectedIndex(
    state,
    "feed",
    rows.map((row) => row.id),
  );
  const first = firstVisible(rows.length, selected, height);
  return rows.slice(first, first + height).map((row, index) => {
    const line = ofRow(row.id, fitLine(feedLine(row, look, width), width));
    const isSelected = first + index === selected && state.selection.feed !== undefined;
    return isSelected ? highlight(line, state, "feed", look.theme) : line;
  });
}

export function feedLine(row: FeedRow, { theme }: Look, width: number): Line {
  const actorWidth = width >= 70 ? 14 : 9;
  return [
    span(` ${formatClock(row.at)} `, theme.muted),
    span(row.symbol + " ".repeat(Math.max(1, 3 - textWidth(row.symbol))), toneColour(row.tone, theme)),
    span(padded(shortAddress(row.actor), actorWidth), theme.role),
    span(` ${row.message}`),
  ];
}

export function toneColour(tone: Tone, theme: Theme): string {
  return { good: theme.good, news: theme.accent, bad: theme.bad, care: theme.care }[tone];
}

/** How many rows came since the person scrolled away from the top. */
export function newRowsAbove(state: TuiState): number {
  if (state.feedTop === undefined) return 0;
  return Math.max(
    0,
    feedRows(state).findIndex((row) => row.id === state.feedTop),
  );
}
