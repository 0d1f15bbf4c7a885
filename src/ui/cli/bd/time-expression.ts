import { usageError } from "../../../core/gt-error.ts";
import { sanitiseLine } from "../../../core/sanitise.ts";

const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];
const dayMs = 86_400_000;
const unitNames: Readonly<Record<string, string>> = {
  minute: "min",
  hour: "h",
  day: "d",
  week: "w",
  month: "m",
  year: "y",
};

/**
 * The moment that a date flag of `bd` means (spec/01 §10.1), in milliseconds since the epoch. Dates and clock times are
 * local. Throws `E_INVALID` (exit 2) when it cannot be read.
 */
export function parseTime(input: string, now: number): number {
  const text = input.trim().toLowerCase().replace(/\s+/g, " ");
  const time = exactTime(input.trim()) ?? offsetTime(text, now) ?? wordTime(text, now);
  if (time !== undefined && Number.isFinite(time)) return time;
  throw usageError(`cannot parse time "${sanitiseLine(input)}" (examples: +6h, tomorrow, 2026-01-15)`);
}

function exactTime(text: string): number | undefined {
  const match =
    /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?([Zz]|[+-]\d{2}:?\d{2})?)?$/.exec(
      text,
    );
  if (match === null) return undefined;
  const [, year, month, day, hour = "0", minute = "0", second = "0", zone] = match;
  const isReal =
    Number(month) >= 1 &&
    Number(month) <= 12 &&
    Number(hour) < 24 &&
    Number(minute) < 60 &&
    Number(second) < 61;
  const lastDay = new Date(Number(year), Number(month), 0).getDate();
  if (!isReal || Number(day) < 1 || Number(day) > lastDay) return undefined;
  if (zone !== undefined) return Date.parse(text.toUpperCase().replace(" ", "T"));
  return new Date(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  ).getTime();
}

/** `+30s`, `+6h`, `-1d`, `2w`, `3m` (months), `1y`, `in 3 days`. */
function offsetTime(text: string, now: number): number | undefined {
  const short = /^([+-])?(\d{1,6})(min|[shdwmy])$/.exec(text);
  if (short !== null) {
    const [, sign, count, unit = ""] = short;
    return shift(now, Number(count) * (sign === "-" ? -1 : 1), unit);
  }
  const long = /^in (\d{1,6}|an?) (minute|hour|day|week|month|year)s?(?: at (.+))?$/.exec(text);
  if (long === null) return undefined;
  const [, count = "", unit = "", clock] = long;
  const moved = shift(now, /^an?$/.test(count) ? 1 : Number(count), unitNames[unit] ?? "");
  return clock === undefined ? moved : atClock(moved, clock);
}

function shift(from: number, count: number, unit: string): number {
  switch (unit) {
    case "s":
      return from + count * 1000;
    case "min":
      return from + count * 60_000;
    case "h":
      return from + count * 3_600_000;
    case "d":
      return from + count * dayMs;
    case "w":
      return from + count * 7 * dayMs;
    case "m":
      return shiftMonths(from, count);
    default:
      return shiftMonths(from, 12 * count);
  }
}

/** The same day of another month, or its last one where it has fewer days. */
function shiftMonths(from: number, count: number): number {
  const date = new Date(from);
  const day = date.getDate();
  date.setDate(1);
  date.setMonth(date.getMonth() + count);
  const lastDay = new Date(date.getFullYear(), date.getMonth() + 1, 0).getDate();
  return date.setDate(Math.min(day, lastDay));
}

/** `now`, `today`, `tomorrow`, `yesterday`, weekdays, `next <weekday|week|month>`, each with `at 9am` or `at 14:30`. */
function wordTime(text: string, now: number): number | undefined {
  if (text === "now") return now;
  const [, words = "", clock] = /^(.+?)(?: at (.+))?$/.exec(text) ?? [];
  const day = dayOf(words, now);
  if (day === undefined) return undefined;
  return clock === undefined ? day : atClock(day, clock);
}

function dayOf(words: string, now: number): number | undefined {
  const today = new Date(now).setHours(0, 0, 0, 0);
  const later = (days: number) => new Date(today).setDate(new Date(today).getDate() + days);
  if (words === "today") return today;
  if (words === "tomorrow") return later(1);
  if (words === "yesterday") return later(-1);
  const [, isNext, name = ""] = /^(next )?([a-z]+)$/.exec(words) ?? [];
  if (isNext !== undefined && name === "week") return later(7);
  if (isNext !== undefined && name === "month") return shift(today, 1, "m");
  const weekday = weekdays.findIndex((day) => day === name || (name.length === 3 && day.startsWith(name)));
  if (weekday === -1) return undefined;
  return later((weekday - new Date(now).getDay() + 7) % 7 || 7);
}

/** `9am`, `9:30 pm`, `14:30`; undefined when it is no time of day. */
function atClock(day: number, clock: string): number | undefined {
  const match = /^(\d{1,2})(?::(\d{2}))? ?(am|pm)?$/.exec(clock);
  if (match === null) return undefined;
  const [, hours, minutes = "0", half] = match;
  if (half === undefined && match[2] === undefined) return undefined;
  let hour = Number(hours);
  if (half !== undefined) {
    if (hour < 1 || hour > 12) return undefined;
    hour = (hour % 12) + (half === "pm" ? 12 : 0);
  }
  if (hour > 23 || Number(minutes) > 59) return undefined;
  return new Date(day).setHours(hour, Number(minutes), 0, 0);
}
