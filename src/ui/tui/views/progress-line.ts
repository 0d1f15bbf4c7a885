import type { ConvoyView } from "../../../core/convoys/convoy-view.ts";
import { formatSpan } from "../../../core/duration.ts";
import type { Look } from "./panel.tsx";
import { type Line, span } from "./spans.ts";

const mostCells = 40;
const hourMs = 3_600_000;

/**
 * How a convoy came to where it is: `2h ▁▂▂▄▅▅ now  3 landed in the last hour`. Each cell is a share of the time since it
 * was made and as high as the share of its beads that had landed by then. Nothing while nothing has landed.
 */
export function progressLine(convoy: ConvoyView, now: number, { theme, symbols }: Look, width: number): Line {
  const landed = convoy.tracked.flatMap(({ state, closedAt }) =>
    state === "closed" && closedAt !== undefined ? [closedAt] : [],
  );
  if (landed.length === 0 || convoy.total === 0) return [];
  const end = convoy.closedAt ?? now;
  const spanMs = Math.max(1, end - convoy.createdAt);
  const cells = Math.max(8, Math.min(mostCells, width - 44));
  const levels = symbols.levels;
  const graph = Array.from({ length: cells }, (_, cell) => {
    const until = convoy.createdAt + (spanMs * (cell + 1)) / cells;
    const share = landed.filter((at) => at <= until).length / convoy.total;
    // Only what is all done is a full cell, and only what has not begun is an empty one.
    const level =
      share === 0 ? 0 : share === 1 ? levels.length - 1 : 1 + Math.floor(share * (levels.length - 2));
    return levels[Math.min(level, levels.length - 1)] ?? "";
  });
  const lately = landed.filter((at) => at > now - hourMs).length;
  const last = Math.max(...landed);
  const pace =
    lately > 0 ? `${lately} landed in the last hour` : `nothing landed for ${formatSpan(now - last)}`;
  return [
    span(` ${formatSpan(spanMs)} ago `, theme.muted),
    span(graph.join(""), theme.good),
    span(` ${convoy.closedAt === undefined ? "now" : "landed"}  `, theme.muted),
    span(pace, lately > 0 ? undefined : theme.care),
  ];
}
