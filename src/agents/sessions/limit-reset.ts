const hour = 3_600_000;
/** Without a time in the text: a quarter of an hour, doubled with each repetition up to two hours (spec/03 §5.9). */
const firstGuessMs = hour / 4;
const longestGuessMs = 2 * hour;

/**
 * When a rate limit ends by what the screen says about it: a clock time (local, the next such moment) or a span
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
  const clock = /resets?(?: at)? (\d{1,2})(?::(\d{2}))?\s*(am|pm)?/i.exec(text);
  if (clock !== null)
    return nextMoment(Number(clock[1]), Number(clock[2] ?? 0), clock[3]?.toLowerCase(), now);
  return now + Math.min(longestGuessMs, firstGuessMs * 2 ** repetition);
}

function nextMoment(clockHour: number, minute: number, half: string | undefined, now: number): number {
  const hours = half === undefined ? clockHour : (clockHour % 12) + (half === "pm" ? 12 : 0);
  const moment = new Date(now);
  moment.setHours(hours, minute, 0, 0);
  if (moment.getTime() <= now) moment.setDate(moment.getDate() + 1);
  return moment.getTime();
}
