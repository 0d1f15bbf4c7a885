import { pattern, type SettingType } from "./setting-types.ts";

/** A span of every day in local time, in minutes after midnight; one whose end is not after its start goes over midnight. */
export interface DailyWindow {
  readonly start: number;
  readonly end: number;
}

const clockTime = "([01]\\d|2[0-3]):[0-5]\\d";
const defaultMinutes = 60;
const dayMinutes = 24 * 60;

const written = pattern(
  "a time of day or a span of two different ones",
  "22:00-04:00",
  new RegExp(`^${clockTime}(-${clockTime})?$`),
);

/** `03:00`, which lasts an hour, or `22:00-04:00` (spec/04 §7.4, §8.3 D20). */
export const dailyWindow: SettingType = {
  ...written,
  accepts: (value) => typeof value === "string" && parseDailyWindow(value) !== undefined,
  parse: (given) => (parseDailyWindow(given) === undefined ? undefined : given),
};

/** Undefined when the text is none, or one without any length. */
export function parseDailyWindow(text: string): DailyWindow | undefined {
  if (!written.accepts(text)) return undefined;
  const [start = 0, end = (start + defaultMinutes) % dayMinutes] = text.split("-").map(minutesOf);
  return start === end ? undefined : { start, end };
}

function minutesOf(time: string): number {
  const [hours = 0, minutes = 0] = time.split(":").map(Number);
  return hours * 60 + minutes;
}

/** `now` in milliseconds since the epoch; the first minute belongs to the window, the last one does not. */
export function isInWindow(now: number, { start, end }: DailyWindow): boolean {
  const time = new Date(now);
  const minute = time.getHours() * 60 + time.getMinutes();
  return start < end ? minute >= start && minute < end : minute >= start || minute < end;
}
