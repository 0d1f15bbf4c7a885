const hour = 3_600_000;
/** Without a time in the text: a quarter of an hour, doubled with each repetition up to two hours (spec/03 §5.9). */
const firstGuessMs = hour / 4;
const longestGuessMs = 2 * hour;

/**
 * When a rate limit ends by what the screen says about it: a time of day, with or without a date (local, the next such moment) or a span
 * (`in 2h 10m`). `repetition` counts the limits in a row before this one.
 */
export function limitReset(text: string, now: number, repetition: number): number {
  const span =
    /(?:resets|again|wait|retry)[^\n]{0,30}?\bin (?:(\d+)\s*d\w*)?\s*(?:(\d+)\s*h\w*)?\s*(?:(\d+)\s*m\w*)?\s*(?:(\d+)\s*s\w*)?/i.exec(
      text,
    );
  const [days, hours, minutes, seconds] = (span ?? []).slice(1).map((part) => Number(part ?? 0));
  const total = (((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0);
  if (total > 0) return now + total * 1000;
  const clock = clockText.exec(text)?.groups;
  if (clock !== undefined) return nextMoment(clock, now);
  return now + Math.min(longestGuessMs, firstGuessMs * 2 ** repetition);
}

/** `resets 3pm`, `resets Nov 26, 2:26pm (UTC)`, `try again at 14:05`; runtimes give the time of this machine. */
const clockText =
  /(?:resets?(?: at| on)?|(?:again|until) (?:at|on)) (?:(?<month>[a-z]{3})[a-z]*\.? (?<day>\d{1,2})(?:st|nd|rd|th)?,?(?: \d{4},?)?(?: at)? )?(?<hour>\d{1,2})(?::(?<minute>\d{2}))?\s*(?<half>am|pm)?/i;
const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

function nextMoment(clock: Readonly<Record<string, string | undefined>>, now: number): number {
  const { hour: digits, minute, half, month, day } = clock;
  const clockHour = Number(digits);
  const hours = half === undefined ? clockHour : (clockHour % 12) + (half.toLowerCase() === "pm" ? 12 : 0);
  const moment = new Date(now);
  moment.setHours(hours, Number(minute ?? 0), 0, 0);
  const named = months.indexOf(month?.toLowerCase() ?? "");
  if (named < 0) {
    if (moment.getTime() <= now) moment.setDate(moment.getDate() + 1);
  } else {
    moment.setMonth(named, Number(day));
    if (moment.getTime() <= now) moment.setFullYear(moment.getFullYear() + 1);
  }
  return moment.getTime();
}
