import type { TrackedView } from "../../../core/convoys/convoy-view.ts";
import { shortAddress } from "../../../core/events/describe-event.ts";
import { cut, padded, textWidth } from "../screen/text-width.ts";
import { shownConvoy, waves } from "../store/rows.ts";
import type { TuiState } from "../store/state.ts";
import { detailOf, progressBar } from "./convoys-panel.ts";
import { stateWords } from "./detail.ts";
import { formatSince } from "./format.ts";
import { listLines } from "./list-lines.ts";
import type { Look } from "./panel.tsx";
import { progressLine } from "./progress-line.ts";
import { bold, type Line, span, spread } from "./spans.ts";
import type { Theme } from "./theme.ts";

/** One convoy: how far it is and since when, and its beads by waves: who holds what, and what waits for what. */
export function convoyLines(state: TuiState, look: Look, width: number, height: number): readonly Line[] {
  const { theme } = look;
  const convoy = shownConvoy(state);
  if (convoy === undefined)
    return listLines(
      [],
      "convoy",
      { state, look, width, height },
      "No convoys. v in the Beads view (b) makes one, or : and gt convoy create <title> <bead>...",
    );
  const progress = progressLine(convoy, state.now, look, width);
  const head: readonly Line[] = [
    [
      bold(` ${convoy.title} `),
      span(progressBar(convoy.done, convoy.total, look), theme.good),
      span(` ${convoy.done}/${convoy.total}  `),
      span(detailOf(convoy, state.town.agents), theme.muted),
    ],
    ...(progress.length === 0 ? [] : [progress]),
    [],
  ];
  const idWidth = Math.max(0, ...convoy.tracked.map(({ id }) => textWidth(id)));
  const rows = waves(state).flatMap((wave, depth) =>
    wave.map((bead, index) => ({
      id: bead.id,
      line: beadLine(bead, state.now, look, { width, idWidth }),
      ...(index === 0 ? { heading: [waveHeading(wave, depth, theme)] } : {}),
    })),
  );
  const list = listLines(
    rows,
    "convoy",
    { state, look, width, height: Math.max(1, height - head.length) },
    "This convoy tracks nothing yet. + adds a bead",
  );
  return [...head, ...list];
}

function waveHeading(wave: readonly TrackedView[], depth: number, theme: Theme): Line {
  const done = wave.filter(({ state }) => state === "closed").length;
  return [bold(` WAVE ${depth + 1}`, theme.muted), span(`  ${done}/${wave.length}`, theme.muted)];
}

function beadLine(
  bead: TrackedView,
  now: number,
  { theme }: Look,
  { width, idWidth }: { readonly width: number; readonly idWidth: number },
): Line {
  const note = bead.reason ?? (bead.assignee === "" ? "" : shortAddress(bead.assignee));
  const age = formatSince(now - (bead.closedAt ?? bead.updatedAt)).padStart(4);
  return spread(
    [
      span(`  ${padded(bead.id, idWidth)} `, theme.accent),
      span(padded(stateWords[bead.state], 9), stateColour(bead.state, theme)),
      span(bead.title, bead.state === "closed" ? theme.muted : undefined),
    ],
    [
      span(` ${cut(note, Math.floor(width / 3))}`, bead.reason === undefined ? theme.role : theme.care),
      span(` ${age} `, theme.muted),
    ],
    width,
  );
}

function stateColour(state: TrackedView["state"], theme: Theme): string | undefined {
  if (state === "closed") return theme.muted;
  if (state === "in-flight" || state === "merging") return theme.good;
  return state === "held" ? theme.care : undefined;
}
