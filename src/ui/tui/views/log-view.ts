import { padded, textWidth } from "../screen/text-width.ts";
import { logRows } from "../store/rows.ts";
import type { TuiState } from "../store/state.ts";
import { toneColour } from "./feed-panel.ts";
import type { FeedRow } from "../store/town-data.ts";
import { listLines } from "./list-lines.ts";
import type { Look } from "./panel.tsx";
import { type Line, span } from "./spans.ts";

/** The event log over the whole screen, newest first, with full addresses and types. */
export function logLines(state: TuiState, look: Look, width: number, height: number): readonly Line[] {
  const rows = logRows(state).map((row) => ({
    id: row.id,
    get line() {
      return logLine(row, look, width);
    },
  }));
  return listLines(rows, "log", { state, look, width, height }, "No events yet");
}

function logLine(row: FeedRow, { theme }: Look, width: number): Line {
  const isWide = width >= 110;
  return [
    span(` ${timeOf(row.at)} `, theme.muted),
    span(row.symbol + " ".repeat(Math.max(1, 3 - textWidth(row.symbol))), toneColour(row.tone, theme)),
    span(padded(row.actor, isWide ? 26 : 16), theme.role),
    ...(isWide ? [span(` ${padded(row.type, 20)}`, theme.muted)] : []),
    span(` ${row.message}`),
  ];
}

/** Local `MM-DD HH:MM:SS`. */
function timeOf(at: number): string {
  const time = new Date(at);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${day} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}`;
}
