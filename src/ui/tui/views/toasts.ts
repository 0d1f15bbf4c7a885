import type { Rect } from "../screen/cell-grid.ts";
import { wrapText } from "../screen/text-width.ts";
import type { Toast, TuiState } from "../store/state.ts";
import type { Look } from "./panel.tsx";
import { bold, type Line, lineWidth, span } from "./spans.ts";

const shownToasts = 3;

/** Results of what the person did, above the footer at the right, with the command that did it. */
export function toastLines(
  state: TuiState,
  look: Look,
): { readonly rect: Rect; readonly lines: readonly Line[] } | undefined {
  if (state.toasts.length === 0) return undefined;
  const lines = state.toasts.slice(-shownToasts).flatMap((toast) => linesOf(toast, look, state.columns - 6));
  // Inside the frames of the panels below.
  const width = Math.min(Math.max(...lines.map(lineWidth)) + 1, state.columns - 2);
  const height = Math.min(lines.length, Math.max(1, state.rows - 2));
  return {
    rect: { x: state.columns - 1 - width, y: Math.max(1, state.rows - 2 - height), width, height },
    lines,
  };
}

/** What came of it, and below it the command, behind a bar that sets them apart from what they lie on. */
function linesOf(toast: Toast, { theme, symbols }: Look, width: number): readonly Line[] {
  const colour = { good: theme.good, bad: theme.bad, news: theme.accent }[toast.tone];
  const sign = { good: symbols.done, bad: "!", news: symbols.dot }[toast.tone];
  const edge = span(` ${symbols.edge} `, colour);
  const text = wrapText(toast.text, width).map(
    (part, index): Line => [edge, bold(`${index === 0 ? sign : " "} ${part}`, colour)],
  );
  const hint = wrapText(`try: ${toast.hint}`, width).map((part): Line => [edge, span(`  ${part}`)]);
  return [
    ...text,
    ...(toast.hint === "" ? [] : hint),
    ...(toast.command === "" ? [] : [[edge, span(`  ${toast.command}`, theme.muted)]]),
  ];
}
