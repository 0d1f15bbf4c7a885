import { shortAddress } from "../../../core/events/describe-event.ts";
import { padded } from "../screen/text-width.ts";
import { inboxRows } from "../store/rows.ts";
import type { TuiState } from "../store/state.ts";
import type { InboxRow } from "../store/town-data.ts";
import { formatSince } from "./format.ts";
import { listLines } from "./list-lines.ts";
import type { Look } from "./panel.tsx";
import { bold, type Line, span, spread } from "./spans.ts";
import type { Theme } from "./theme.ts";

/** Open escalations, then the overseer's mail: what waits for the person. */
export function inboxLines(state: TuiState, look: Look, width: number, height: number): readonly Line[] {
  const rows = inboxRows(state);
  const shown = rows.map((row, index) => ({
    id: row.id,
    get line() {
      return inboxLine(row, state.now, look, width);
    },
    ...(rows[index - 1]?.kind === row.kind ? {} : { heading: [heading(row.kind, rows, look.theme)] }),
  }));
  return listLines(
    shown,
    "inbox",
    { state, look, width, height },
    "No mail, and nothing is escalated. What agents need you for comes here",
  );
}

function heading(kind: InboxRow["kind"], rows: readonly InboxRow[], theme: Theme): Line {
  const own = rows.filter((row) => row.kind === kind);
  const fresh = own.filter((row) => row.isNew).length;
  return kind === "escalation"
    ? [
        bold(` ESCALATIONS (${own.length})`, theme.bad),
        span(fresh === 0 ? "" : ` ${fresh} not seen`, theme.muted),
      ]
    : [bold(` MAIL (${own.length})`, theme.accent), span(fresh === 0 ? "" : ` ${fresh} unread`, theme.muted)];
}

function inboxLine(row: InboxRow, now: number, { theme, symbols }: Look, width: number): Line {
  const urgent = ["critical", "high", "urgent"].includes(row.urgency);
  const subject = row.isNew ? bold(row.subject) : span(row.subject);
  return spread(
    [
      span(row.isNew ? ` ${symbols.marked} ` : "   ", theme.care),
      span(padded(row.urgency, 9), urgent ? theme.bad : theme.muted),
      span(`${padded(shortAddress(row.from), 14)} `, theme.role),
      subject,
    ],
    [span(` ${formatSince(now - row.at).padStart(4)} `, theme.muted)],
    width,
  );
}
