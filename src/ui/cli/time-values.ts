import { parseDuration } from "../../core/duration.ts";
import { usageError } from "../../core/gt-error.ts";
import { sanitiseLine } from "../../core/sanitise.ts";

/** A duration given to a flag, in milliseconds: `E_USAGE` when it cannot be read. */
export function durationOf(flag: string, text: string): number {
  const duration = parseDuration(text.trim());
  if (duration !== undefined) return duration;
  throw usageError(`--${flag}: "${sanitiseLine(text)}" is not a duration`, {
    why: ["durations look like 90s, 15m, 1h30m, 2d or 1w"],
  });
}

/** A point in the past: RFC 3339, `YYYY-MM-DD`, `today`, `yesterday`, or a duration meaning that long ago. */
export function pastTimeOf(flag: string, text: string, now: number): number {
  const word = text.trim().toLowerCase();
  if (word === "now") return now;
  if (word === "today" || word === "yesterday") {
    const day = new Date(now);
    day.setHours(0, 0, 0, 0);
    if (word === "yesterday") day.setDate(day.getDate() - 1);
    return day.getTime();
  }
  const ago = parseDuration(word);
  if (ago !== undefined) return now - ago;
  if (/^\d{4}-\d{2}-\d{2}$/.test(word)) {
    const [year, month, day] = word.split("-").map(Number);
    const date = new Date(year ?? 0, (month ?? 1) - 1, day ?? 1);
    if (date.getMonth() === (month ?? 1) - 1) return date.getTime();
  } else if (/^\d{4}-\d{2}-\d{2}t/.test(word)) {
    const time = Date.parse(word.toUpperCase());
    if (!Number.isNaN(time)) return time;
  }
  throw usageError(`--${flag}: "${sanitiseLine(text)}" is not a time`, {
    why: ["times look like 2h, yesterday, 2026-01-15 or 2026-01-15T09:30:00Z"],
  });
}
