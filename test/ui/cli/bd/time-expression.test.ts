import { expect, it } from "vitest";
import { parseTime } from "../../../../src/ui/cli/bd/time-expression.ts";

/** A Tuesday, in local time. */
const now = new Date(2026, 0, 6, 15, 30).getTime();
const local = (...parts: readonly [number, number, number, number?, number?, number?]) =>
  new Date(parts[0], parts[1] - 1, ...(parts.slice(2) as [number])).getTime();

it("understands every form of a date flag", () => {
  const cases: readonly (readonly [string, number])[] = [
    ["+2s", now + 2_000],
    ["+6h", now + 6 * 3_600_000],
    ["-1d", now - 86_400_000],
    ["2w", now + 14 * 86_400_000],
    ["3m", local(2026, 4, 6, 15, 30)],
    ["1y", local(2027, 1, 6, 15, 30)],
    ["2026-01-15", local(2026, 1, 15)],
    ["2026-01-15 09:05:07", local(2026, 1, 15, 9, 5, 7)],
    ["2026-01-15T09:05:07", local(2026, 1, 15, 9, 5, 7)],
    ["2026-01-15T09:05:07Z", Date.UTC(2026, 0, 15, 9, 5, 7)],
    ["2026-01-15T09:05:07.250+02:00", Date.UTC(2026, 0, 15, 7, 5, 7, 250)],
    ["now", now],
    ["Today", local(2026, 1, 6)],
    ["tomorrow", local(2026, 1, 7)],
    ["yesterday", local(2026, 1, 5)],
    ["friday", local(2026, 1, 9)],
    ["tuesday", local(2026, 1, 13)],
    ["next monday", local(2026, 1, 12)],
    ["next week", local(2026, 1, 13)],
    ["next month", local(2026, 2, 6)],
    ["in 3 days", now + 3 * 86_400_000],
    ["in 2 weeks at 9am", local(2026, 1, 20, 9)],
    ["tomorrow at 14:30", local(2026, 1, 7, 14, 30)],
  ];
  for (const [text, time] of cases) expect([text, parseTime(text, now)]).toEqual([text, time]);
  expect(parseTime("1m", local(2026, 1, 31))).toBe(local(2026, 2, 28));
});

it("refuses everything else with examples", () => {
  const wrong = [
    "",
    "someday",
    "2026-02-30",
    "2026-13-01",
    "25:00",
    "+1",
    "tomorrow at 25",
    "next",
    "in days",
  ];
  for (const text of wrong)
    expect(() => parseTime(text, now)).toThrow(
      `cannot parse time "${text}" (examples: +6h, tomorrow, 2026-01-15)`,
    );
});
