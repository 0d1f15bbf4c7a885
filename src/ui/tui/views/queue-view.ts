import { shortAddress } from "../../../core/events/describe-event.ts";
import type { RunRecord } from "../../../core/merge/run-record.ts";
import { searchStanding } from "../../../core/merge/search-standing.ts";
import { padded } from "../screen/text-width.ts";
import { queueRows } from "../store/rows.ts";
import type { TuiState } from "../store/state.ts";
import type { QueueRow } from "../store/town-data.ts";
import { formatSince } from "./format.ts";
import { listLines } from "./list-lines.ts";
import type { Look } from "./panel.tsx";
import { bold, type Line, type Span, span, spread } from "./spans.ts";
import type { Theme } from "./theme.ts";

/** The merge queue of each rig: what is being tested and how the search narrows, what waits, what is set aside and why. */
export function queueLines(state: TuiState, look: Look, width: number, height: number): readonly Line[] {
  const rows = queueRows(state);
  const shown = rows.map((row, index) => ({
    id: row.id,
    get line() {
      return requestLine(row, state, look, width);
    },
    ...(rows[index - 1]?.rig === row.rig ? {} : { heading: rigHeading(row.rig, rows, state, look) }),
  }));
  return listLines(
    shown,
    "queue",
    { state, look, width, height },
    "Nothing waits to be merged. What polecats hand in comes here, is tested, and lands when it is green",
  );
}

function requestLine(row: QueueRow, state: TuiState, { theme }: Look, width: number): Line {
  const reason = row.reason.replaceAll("_", " ");
  return spread(
    [
      span(`  ${padded(row.id, 12)} `, theme.accent),
      span(padded(row.status, 12), statusColour(row, theme)),
      span(`${padded(shortAddress(row.worker), 11)} `, theme.role),
      ...(reason === "" ? [] : [span(`${reason}  `, theme.care)]),
      span(`${row.bead === "" ? row.branch : `${row.bead} `}`, theme.muted),
      span(row.bead === "" ? "" : row.title),
    ],
    [span(` ${formatSince(state.now - row.at).padStart(4)} `, theme.muted)],
    width,
  );
}

function statusColour({ status }: QueueRow, theme: Theme): string | undefined {
  if (status === "active") return theme.good;
  return status === "ready" ? undefined : status === "quarantined" ? theme.bad : theme.care;
}

function rigHeading(rig: string, rows: readonly QueueRow[], state: TuiState, look: Look): readonly Line[] {
  const { theme } = look;
  const { runs, troubledTargets } = state.town;
  return [
    [bold(` ${rig} (${rows.filter((row) => row.rig === rig).length})`, theme.role)],
    ...troubledTargets
      .filter((target) => target.rig === rig)
      .map((target): Line => [span(`  ${target.target} is ${target.state}: ${target.reason}`, theme.bad)]),
    ...runs.filter((run) => run.rig === rig).map((run) => runLine(run, state.now, look)),
  ];
}

/** `batch of 4 into main  ✓✓✗·  gating first 2 · 3 gates 12s`: one sign per member, in the order of the stack. */
function runLine(run: RunRecord, now: number, { theme, symbols }: Look): Line {
  const standing = searchStanding(run);
  const signs = standing.members.map(
    (member): Span =>
      ({
        landed: bold(symbols.done, theme.good),
        green: span(symbols.barFull, theme.good),
        red: bold(symbols.isAscii ? "x" : "✗", theme.bad),
        suspect: span("?", theme.care),
        waiting: span(symbols.dot, theme.muted),
      })[member],
  );
  const all = run.ids.length;
  const flying = standing.flying.map((prefix) =>
    prefix === 0 ? "the base" : prefix === all ? "all of it" : `the first ${prefix}`,
  );
  const doing = flying.length > 0 ? `testing ${flying.join(" and ")}` : run.state;
  const runs = run.gateRuns === 1 ? "1 gate run" : `${run.gateRuns} gate runs`;
  return [
    span(`  batch of ${run.ids.length} into ${run.target}  `, theme.muted),
    ...signs,
    span(`  ${doing}`, theme.good),
    span(`  ${runs}  ${formatSince(now - run.startedAt)}`, theme.muted),
  ];
}
