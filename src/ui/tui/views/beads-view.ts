import { shortAddress } from "../../../core/events/describe-event.ts";
import { cut, padded, textWidth } from "../screen/text-width.ts";
import { beadRows } from "../store/rows.ts";
import type { TuiState } from "../store/state.ts";
import type { BeadGroup, BeadRow } from "../store/town-data.ts";
import { formatSince } from "./format.ts";
import { listLines } from "./list-lines.ts";
import type { Look } from "./panel.tsx";
import { bold, type Line, span, spread } from "./spans.ts";
import type { Theme } from "./theme.ts";

/** Less room than this is left to the titles. */
const typedFrom = 72;

/** Beads by what can be done with them: in progress, ready, blocked, deferred, closed. */
export function beadsLines(state: TuiState, look: Look, width: number, height: number): readonly Line[] {
  const rows = beadRows(state);
  const idWidth = Math.max(0, ...rows.map(({ id }) => textWidth(id)));
  const shown = rows.map((row, index) => ({
    id: row.id,
    get line() {
      return beadLine(row, state.now, look, { width, idWidth });
    },
    ...(rows[index - 1]?.group === row.group
      ? {}
      : {
          heading: [heading(row.group, rows.filter(({ group }) => group === row.group).length, look.theme)],
        }),
  }));
  const none = "No beads yet. + makes one, or tell the mayor what you want";
  return listLines(shown, "beads", { state, look, width, height }, none);
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

function beadLine(
  row: BeadRow,
  now: number,
  { theme }: Look,
  { width, idWidth }: { readonly width: number; readonly idWidth: number },
): Line {
  const note = noteOf(row);
  const age = formatSince(now - row.updatedAt).padStart(4);
  return spread(
    [
      span(`  ${padded(row.id, idWidth)} `, theme.accent),
      span(`P${row.priority} `, row.priority <= 1 ? theme.bad : theme.muted),
      ...(width >= typedFrom ? [span(`${padded(row.type, 8)}`, theme.muted)] : []),
      span(row.title, row.group === "closed" ? theme.muted : undefined),
    ],
    [
      span(` ${cut(note, Math.floor(width / 3))}`, row.hold === undefined ? theme.role : theme.care),
      span(` ${age} `, theme.muted),
    ],
    width,
  );
}

/** What it waits for, else what holds it, else who has it. */
function noteOf({ blockedBy, hold, assignee }: BeadRow): string {
  if (blockedBy.length > 0) return `waits for ${blockedBy.join(", ")}`;
  return hold ?? (assignee === "" ? "" : shortAddress(assignee));
}
