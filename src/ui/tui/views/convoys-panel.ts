import type { AgentView } from "../../../agents/patrols/agent-health.ts";
import type { ConvoyView } from "../../../core/convoys/convoy-view.ts";
import { mountainLabel, skippedLabel } from "../../../core/convoys/convoy.ts";
import { formatAge, formatSpan } from "../../../core/duration.ts";
import { backStatuses, convoyRows, firstVisible, isLanded, selectedIndex } from "../store/rows.ts";
import type { TuiState } from "../store/state.ts";
import { highlight } from "./highlight.ts";
import type { Look } from "./panel.tsx";
import { bold, fitLine, type Line, ofRow, span, spread } from "./spans.ts";

const barCells = 8;

/** Panel 2 (spec/06 §11.2): what is under way and how far, then what landed. */
export function convoysLines(state: TuiState, look: Look, width: number, height: number): readonly Line[] {
  const rows = convoyRows(state);
  const queue = queueLines(state, look);
  if (rows.length === 0) {
    const none =
      (state.filters.convoys ?? "") === ""
        ? " No active convoys. gt convoy create <title> <bead>..."
        : " no convoy matches the filter";
    return [[span(state.town.isLoaded ? none : " …", look.theme.muted)], ...queue];
  }
  const room = Math.max(1, height - queue.length);
  const wanted = rows.reduce((sum, row) => sum + (isLanded(row) ? 1 : 2), 0);
  const isRoomy = wanted <= room;
  // Two headings and a blank line between them.
  const hasHeadings = wanted + 3 <= room;
  const selected = selectedIndex(
    state,
    "convoys",
    rows.map((row) => row.id),
  );
  const first = firstVisible(rows.length, selected, isRoomy ? rows.length : room);
  const lines = rows.slice(first, first + room).flatMap((row, index) => {
    const line = ofRow(row.id, fitLine(convoyLine(row, state, look, width), width));
    const shown = first + index === selected ? highlight(line, state, "convoys", look.theme) : line;
    const heading = hasHeadings ? headingAbove(rows, first + index, look) : [];
    const more =
      isRoomy && !isLanded(row) ? [[span(`    ${detailOf(row, state.town.agents)}`, look.theme.muted)]] : [];
    return [...heading, shown, ...more];
  });
  return [...lines.slice(0, room), ...queue];
}

/** What is under way, and what has landed within a day. */
function headingAbove(rows: readonly ConvoyView[], index: number, { theme }: Look): readonly Line[] {
  const [row, before] = [rows[index], rows[index - 1]];
  if (row === undefined || (before !== undefined && isLanded(before) === isLanded(row))) return [];
  const title: Line = [bold(isLanded(row) ? " RECENTLY LANDED (24h)" : " IN PROGRESS", theme.muted)];
  return before === undefined ? [title] : [[], title];
}

function convoyLine(row: ConvoyView, state: TuiState, look: Look, width: number): Line {
  const { theme, symbols } = look;
  if (isLanded(row))
    return spread(
      [span(` ${symbols.landed} `), span(row.title, theme.muted)],
      [span(` ${symbols.done} ${formatAge(state.now - (row.closedAt ?? state.now))} `, theme.good)],
      width,
    );
  const isMountain = row.labels.includes(mountainLabel);
  const isStuck = row.reasons.length > 0;
  return spread(
    [span(` ${isMountain ? symbols.mountain : symbols.convoy} `), span(row.title)],
    [
      span(" "),
      span(progressBar(row.done, row.total, look), isStuck ? theme.care : theme.good),
      span(` ${row.done}/${row.total} `),
    ],
    width,
  );
}

/** At least one cell is full when anything is done; all of them only when everything is. */
export function progressBar(done: number, total: number, { symbols }: Look): string {
  const share = total === 0 ? 0 : done / total;
  const full =
    done >= total && total > 0
      ? barCells
      : Math.min(barCells - 1, Math.max(done > 0 ? 1 : 0, Math.floor(share * barCells)));
  return symbols.barFull.repeat(full) + symbols.barEmpty.repeat(barCells - full);
}

/** `eta 22m · 3 working · 1 stuck · 2 in queue · 1 ready`, and why it does not move; stuck: its agent needs a person. */
export function detailOf(row: ConvoyView, agents: readonly AgentView[]): string {
  const needy = new Set(agents.filter((agent) => agent.needsAttention).map(({ bead }) => bead));
  const stuck = row.tracked.filter(({ id, state }) => state === "in-flight" && needy.has(id)).length;
  const count = (state: string) => row.tracked.filter((bead) => bead.state === state).length;
  const held = row.tracked.filter(({ state }) => state === "held");
  const skipped = held.filter(({ labels }) => labels.includes(skippedLabel)).length;
  const parts = [
    [count("in-flight") - stuck, "working"],
    [stuck, "stuck"],
    [count("merging"), "in queue"],
    [count("ready"), "ready"],
    [count("blocked"), "waiting"],
    [held.length - skipped, "held"],
    [skipped, "skipped"],
  ] as const;
  const counted = parts.filter(([number]) => number > 0).map(([number, word]) => `${number} ${word}`);
  const eta = row.etaMs === undefined ? [] : [`eta ${formatSpan(row.etaMs)}`];
  return [...eta, ...counted, ...row.reasons.slice(0, 1)].join(" · ");
}

/** One line per rig with something in its merge queue. */
function queueLines(state: TuiState, { theme, symbols }: Look): readonly Line[] {
  return state.town.rigs.flatMap((rig) => {
    const rows = state.town.queue.filter((row) => row.rig === rig);
    if (rows.length === 0) return [];
    const testing = rows.filter((row) => row.status === "active").length;
    const back = rows.filter((row) => backStatuses.has(row.status)).length;
    const waiting = rows.length - testing - back;
    const words = [
      testing > 0 ? `testing ${testing}` : "",
      waiting > 0 ? `${waiting} waiting` : "",
      back > 0 ? `${back} ${back === 1 ? "needs" : "need"} repair` : "",
    ];
    return [
      [
        span(
          ` ${symbols.queue} ${rig}: ${words.filter((word) => word !== "").join(" · ")}`,
          back > 0 ? theme.care : theme.accent,
        ),
      ],
    ];
  });
}
