import { wrapText } from "../screen/text-width.ts";
import { detailId } from "../store/rows.ts";
import type { TuiState } from "../store/state.ts";
import { showKey } from "../look-up-key.ts";
import { explainSelection } from "./explain-selection.ts";
import type { Look } from "./panel.tsx";
import { bold, type Line, span } from "./spans.ts";

/** Of the panel: what is selected, and its state. */
export function detailTitle(state: TuiState, { theme }: Look): Line {
  return [span(explainSelection(state)?.title ?? "", theme.care)];
}

/** Beside a list: what the selected row's state means, and what else is known about it. */
export function detailLines(
  state: TuiState,
  { theme, symbols }: Look,
  width: number,
  height: number,
): readonly Line[] {
  const found = explainSelection(state);
  if (found === undefined) return [];
  const { detail } = state.town;
  const sections = detail !== undefined && detail.id === detailId(state) ? detail.sections : [];
  const wrapped = (line: string) => wrapText(line, width - 2).map((part): Line => [span(` ${part}`)]);
  const lines: Line[] = found.lines.flatMap(wrapped);
  for (const section of sections)
    lines.push([], [bold(` ${section.title.toUpperCase()}`, theme.muted)], ...section.lines.flatMap(wrapped));
  if (lines.length <= height) return lines;
  return [
    ...lines.slice(0, height - 1),
    [span(` ${showKey("enter", symbols)} shows all of it`, theme.muted)],
  ];
}
