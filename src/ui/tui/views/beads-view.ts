import { formatAge } from "../../../core/duration.ts";
import { shortAddress } from "../../../core/events/describe-event.ts";
import { padded } from "../screen/text-width.ts";
import { beadRows } from "../store/rows.ts";
import type { TuiState } from "../store/state.ts";
import type { BeadGroup, BeadRow } from "../store/town-data.ts";
import { listLines } from "./list-lines.ts";
import type { Look } from "./panel.tsx";
import { bold, type Line, span } from "./spans.ts";
import type { Theme } from "./theme.ts";

/** Beads by what can be done with them: in progress, ready, blocked, deferred, closed. */
export function beadsLines(state: TuiState, look: Look, width: number, height: number): readonly Line[] {
  const rows = beadRows(state);
  const shown = rows.map((row, index) => ({
    id: row.id,
    line: beadLine(row, state.now, look),
    ...(rows[index - 1]?.group === row.group
      ? {}
      : {
          heading: [heading(row.group, rows.filter(({ group }) => group === row.group).length, look.theme)],
        }),
  }));
  return listLines(shown, "beads", { state, look, width, height }, 'No beads yet. bd create "Fix the login"');
}

function heading(group: BeadGroup, count: number, theme: Theme): Line {
  const colour = {
    ready: theme.good,
    "in progress": theme.accent,
    blocked: theme.care,
    deferred: theme.muted,
    closed: theme.muted,
  }[group];
  return [bold(` ${group.toUpperCase()} (${count})`, colour)];
}

function beadLine(row: BeadRow, now: number, { theme }: Look): Line {
  const note =
    row.blockedBy.length > 0
      ? `waits for ${row.blockedBy.join(", ")}`
      : row.assignee === ""
        ? ""
        : shortAddress(row.assignee);
  return [
    span(`  ${padded(row.id, 13)}`, theme.accent),
    span(`P${row.priority} `, row.priority <= 1 ? theme.bad : theme.muted),
    span(`${padded(row.type, 8)}`, theme.muted),
    span(row.title),
    ...(note === "" ? [] : [span(`  ${note}`, theme.role)]),
    span(`  ${formatAge(now - row.updatedAt)}`, theme.muted),
  ];
}
