/** A schedule of five fields, in local time: minute, hour, day of month, month, day of week (0 or 7 is Sunday). */
export interface CronSchedule {
  readonly minutes: ReadonlySet<number>;
  readonly hours: ReadonlySet<number>;
  readonly days: ReadonlySet<number>;
  readonly months: ReadonlySet<number>;
  readonly weekdays: ReadonlySet<number>;
  /** As in cron: when both days are restricted, either of them is enough. */
  readonly isEitherDay: boolean;
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const weekdays = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
const minuteMs = 60_000;

/** Throws an `Error` that says which field is wrong. */
export function parseCron(text: string): CronSchedule {
  const fields = text.trim().toLowerCase().split(/\s+/);
  if (fields.length !== 5) throw new Error(`"${text}" is no schedule: it needs five fields`);
  const [minute = "", hour = "", day = "", month = "", weekday = ""] = fields;
  const days = valuesOf(weekday, 0, 7, weekdays);
  return {
    minutes: valuesOf(minute, 0, 59),
    hours: valuesOf(hour, 0, 23),
    days: valuesOf(day, 1, 31),
    months: valuesOf(month, 1, 12, ["", ...months]),
    weekdays: new Set([...days].map((value) => value % 7)),
    isEitherDay: !day.startsWith("*") && !weekday.startsWith("*"),
  };
}

/** The newest scheduled minute in `(after, until]`, in milliseconds; undefined when there is none. */
export function lastDue(schedule: CronSchedule, after: number, until: number): number | undefined {
  for (let at = Math.floor(until / minuteMs) * minuteMs; at > after; at -= minuteMs)
    if (matches(schedule, new Date(at))) return at;
  return undefined;
}

/** The first scheduled minute after `after`, looking so far; undefined when there is none. */
export function nextDue(schedule: CronSchedule, after: number, withinMs: number): number | undefined {
  for (let at = (Math.floor(after / minuteMs) + 1) * minuteMs; at <= after + withinMs; at += minuteMs)
    if (matches(schedule, new Date(at))) return at;
  return undefined;
}

function matches(schedule: CronSchedule, time: Date): boolean {
  if (!schedule.minutes.has(time.getMinutes()) || !schedule.hours.has(time.getHours())) return false;
  if (!schedule.months.has(time.getMonth() + 1)) return false;
  const isDay = schedule.days.has(time.getDate());
  const isWeekday = schedule.weekdays.has(time.getDay());
  return schedule.isEitherDay ? isDay || isWeekday : isDay && isWeekday;
}

/** A star, a number, a range, names, lists of these, and a step behind a slash. */
function valuesOf(
  field: string,
  least: number,
  most: number,
  names: readonly string[] = [],
): ReadonlySet<number> {
  const number = (word: string): number => {
    const named = names.indexOf(word);
    const value = named >= 0 && word !== "" ? named : /^\d+$/.test(word) ? Number(word) : Number.NaN;
    if (!(value >= least && value <= most)) throw new Error(`"${field}" is not within ${least}-${most}`);
    return value;
  };
  const values = new Set<number>();
  for (const part of field.split(",")) {
    const [range = "", stepText] = part.split("/");
    const step = stepText === undefined ? 1 : /^[1-9]\d*$/.test(stepText) ? Number(stepText) : Number.NaN;
    if (Number.isNaN(step)) throw new Error(`"${part}" has no step that counts`);
    const [from = "", to] = range === "*" ? [String(least), String(most)] : range.split("-");
    const first = number(from);
    const last = to === undefined ? (stepText === undefined ? first : most) : number(to);
    for (let value = first; value <= last; value += step) values.add(value);
  }
  return values;
}
