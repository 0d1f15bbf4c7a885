import { formatAge } from "../../../core/duration.ts";
import { shortAddress } from "../../../core/events/describe-event.ts";
import { padded } from "../screen/text-width.ts";
import { inboxRows } from "../store/rows.ts";
import type { TuiState } from "../store/state.ts";
import type { InboxRow } from "../store/town-data.ts";
import { listLines } from "./list-lines.ts";
import type { Look } from "./panel.tsx";
import { bold, type Line, span } from "./spans.ts";
import type { Theme } from "./theme.ts";

/** Open escalations, then the overseer's mail: what waits for the person. */
export function inboxLines(state: TuiState, look: Look, width: number, height: number): readonly Line[] {
  const rows = inboxRows(state);
  const shown = rows.map((row, index) => ({
    id: row.id,
    line: inboxLine(row, state.now, look),
    ...(rows[index - 1]?.kind === row.kind ? {} : { heading: [heading(row.kind, rows, look.theme)] }),
  }));
  return listLines(shown, "inbox", { state, look, width, height }, "No mail, and nothing is escalated");
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

function inboxLine(row: InboxRow, now: number, { theme, symbols }: Look): Line {
  const urgent = ["critical", "high", "urgent"].includes(row.urgency);
  const subject = row.isNew ? bold(row.subject) : span(row.subject);
  return [
    span(row.isNew ? ` ${symbols.marked} ` : "   ", theme.care),
    span(padded(row.urgency, 9), urgent ? theme.bad : theme.muted),
    span(padded(shortAddress(row.from), 14), theme.role),
    subject,
    span(`  ${formatAge(now - row.at)}`, theme.muted),
  ];
}
