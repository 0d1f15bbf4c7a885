import { formatAge } from "../../../core/duration.ts";
import { shortAddress } from "../../../core/events/describe-event.ts";
import { padded } from "../screen/text-width.ts";
import { queueRows } from "../store/rows.ts";
import type { TuiState } from "../store/state.ts";
import { listLines } from "./list-lines.ts";
import type { Look } from "./panel.tsx";
import { bold, type Line, span } from "./spans.ts";

/** The merge queue of each rig: what is being tested, what waits, what is set aside and why. */
export function queueLines(state: TuiState, look: Look, width: number, height: number): readonly Line[] {
  const { theme } = look;
  const rows = queueRows(state);
  const shown = rows.map((row, index) => ({
    id: row.id,
    line: [
      span(`  ${padded(row.id, 14)}`, theme.accent),
      span(
        padded(row.status, 12),
        row.status === "running" ? theme.good : row.status === "ready" ? undefined : theme.care,
      ),
      span(padded(shortAddress(row.worker), 12), theme.role),
      span(`${row.bead === "" ? "" : `${row.bead} `}${row.branch}`),
      span(`  ${formatAge(state.now - row.at)}`, theme.muted),
      ...(row.reason === "" ? [] : [span(`  ${row.reason}`, theme.care)]),
    ],
    ...(rows[index - 1]?.rig === row.rig
      ? {}
      : { heading: [bold(` ${row.rig} (${rows.filter(({ rig }) => rig === row.rig).length})`, theme.role)] }),
  }));
  return listLines(shown, "queue", { state, look, width, height }, "Nothing in the merge queue");
}
