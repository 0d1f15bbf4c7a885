import { shortAddress } from "../../../core/events/describe-event.ts";
import { padded } from "../screen/text-width.ts";
import { shownConvoy, waves } from "../store/rows.ts";
import type { TuiState } from "../store/state.ts";
import { detailOf, progressBar } from "./convoys-panel.ts";
import { stateWords } from "./detail.ts";
import { listLines } from "./list-lines.ts";
import type { Look } from "./panel.tsx";
import { bold, type Line, span } from "./spans.ts";
import type { Theme } from "./theme.ts";

/** One convoy by waves: who holds what, and what waits for what. */
export function convoyLines(state: TuiState, look: Look, width: number, height: number): readonly Line[] {
  const { theme } = look;
  const convoy = shownConvoy(state);
  if (convoy === undefined) return [[span(" No convoys. gt convoy create <title> <bead>...", theme.muted)]];
  const head: Line = [
    bold(` ${convoy.title} `),
    span(progressBar(convoy.done, convoy.total, look), theme.good),
    span(` ${convoy.done}/${convoy.total}  `),
    span(detailOf(convoy), theme.muted),
  ];
  const rows = waves(state).flatMap((wave, depth) =>
    wave.map((bead, index) => ({
      id: bead.id,
      line: [
        span(`  ${padded(bead.id, 13)}`, theme.accent),
        span(padded(stateWords[bead.state] ?? bead.state, 10), stateColour(bead.state, theme)),
        span(bead.title),
        ...(bead.assignee === "" ? [] : [span(`  ${shortAddress(bead.assignee)}`, theme.role)]),
        ...(bead.reason === undefined ? [] : [span(`  ${bead.reason}`, theme.care)]),
      ],
      ...(index === 0 ? { heading: [[bold(` WAVE ${depth + 1}`, theme.muted)]] } : {}),
    })),
  );
  const list = listLines(
    rows,
    "convoy",
    { state, look, width, height: Math.max(1, height - 2) },
    "This convoy tracks nothing",
  );
  return [head, [], ...list];
}

function stateColour(state: string, theme: Theme): string | undefined {
  if (state === "closed") return theme.muted;
  if (state === "in-flight" || state === "merging") return theme.good;
  return state === "held" ? theme.care : undefined;
}
