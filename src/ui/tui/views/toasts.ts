import type { Rect } from "../screen/cell-grid.ts";
import { textWidth } from "../screen/text-width.ts";
import type { Toast, TuiState } from "../store/state.ts";
import type { Look } from "./panel.tsx";
import { bold, type Line, span } from "./spans.ts";

const shownToasts = 3;

/** Results of what the person did, above the footer at the right, with the command that did it. */
export function toastLines(
  state: TuiState,
  look: Look,
): { readonly rect: Rect; readonly lines: readonly Line[] } | undefined {
  if (state.toasts.length === 0) return undefined;
  const lines = state.toasts.slice(-shownToasts).flatMap((toast) => linesOf(toast, look));
  const widest = Math.max(...lines.map((line) => line.reduce((sum, { text }) => sum + textWidth(text), 0)));
  // Inside the frames of the panels below.
  const width = Math.min(widest + 1, state.columns - 2);
  const height = Math.min(lines.length, Math.max(1, state.rows - 2));
  return {
    rect: { x: state.columns - 1 - width, y: Math.max(1, state.rows - 2 - height), width, height },
    lines,
  };
}

function linesOf(toast: Toast, { theme, symbols }: Look): readonly Line[] {
  const colour = { good: theme.good, bad: theme.bad, news: theme.accent }[toast.tone];
  const sign = { good: symbols.done, bad: "!", news: symbols.dot }[toast.tone];
  const text: Line = [bold(` ${sign} ${toast.text} `, colour)];
  return toast.command === "" ? [text] : [text, [span(`   ${toast.command} `, theme.muted)]];
}
