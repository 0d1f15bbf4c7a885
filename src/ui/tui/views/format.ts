import { formatAge, formatSpan } from "../../../core/duration.ts";

/** Time since the last progress, to the second in the first minute. */
export function formatIdle(ms: number): string {
  return ms < 60_000 ? `${Math.max(0, Math.floor(ms / 1000))}s` : formatSpan(ms);
}

/** How long ago, for a narrow column: `now`, `5m`, `2h`, `3d`. */
export function formatSince(ms: number): string {
  return ms < 60_000 ? "now" : formatAge(ms);
}

/** Local `HH:MM`. */
export function formatClock(at: number): string {
  const time = new Date(at);
  return `${String(time.getHours()).padStart(2, "0")}:${String(time.getMinutes()).padStart(2, "0")}`;
}

/** A reason, as lists show it, as a sentence. */
export function sentence(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}.`;
}
