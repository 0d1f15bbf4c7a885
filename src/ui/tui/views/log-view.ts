import { shortAddress } from "../../../core/events/describe-event.ts";
import { padded, textWidth } from "../screen/text-width.ts";
import { logRows } from "../store/rows.ts";
import type { TuiState } from "../store/state.ts";
import { toneColour } from "./feed-panel.ts";
import type { FeedRow } from "../store/town-data.ts";
import { formatClock } from "./format.ts";
import { listLines } from "./list-lines.ts";
import type { Look } from "./panel.tsx";
import { type Line, span } from "./spans.ts";

/** The event log over the whole screen, newest first, with full addresses and types. */
export function logLines(state: TuiState, look: Look, width: number, height: number): readonly Line[] {
  const all = logRows(state);
  const today = dayOf(state.now);
  const withDay = all.some(({ at }) => dayOf(at) !== today);
  const rows = all.map((row) => ({
    id: row.id,
    get line() {
      return logLine(row, look, { width, withDay });
    },
  }));
  return listLines(rows, "log", { state, look, width, height }, "No events yet");
}

function logLine(
  row: FeedRow,
  { theme }: Look,
  { width, withDay }: { readonly width: number; readonly withDay: boolean },
): Line {
  const isWide = width >= 110;
  return [
    span(` ${withDay ? `${dayOf(row.at)} ` : ""}${formatClock(row.at)}:${secondsOf(row.at)} `, theme.muted),
    span(row.symbol + " ".repeat(Math.max(1, 3 - textWidth(row.symbol))), toneColour(row.tone, theme)),
    span(padded(isWide ? row.actor : shortAddress(row.actor), isWide ? 26 : 15), theme.role),
    ...(isWide ? [span(` ${padded(row.type, 20)}`, theme.muted)] : []),
    span(` ${row.message}`),
  ];
}

/** Local `MM-DD`. */
function dayOf(at: number): string {
  const time = new Date(at);
  return `${twoDigits(time.getMonth() + 1)}-${twoDigits(time.getDate())}`;
}

function secondsOf(at: number): string {
  return twoDigits(new Date(at).getSeconds());
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
