import { expect, test } from "vitest";
import { limitReset } from "../../../src/agents/sessions/limit-reset.ts";

const two = new Date(2026, 3, 30, 14, 0).getTime();
const minutes = (text: string, repetition = 0) => (limitReset(text, two, repetition) - two) / 60_000;

test("the reset time is read from the screen, as a clock time or as a span", () => {
  expect(minutes("You've hit your session limit · resets 3pm")).toBe(60);
  expect(minutes("limit reached, resets at 14:30")).toBe(30);
  expect(minutes("5-hour limit reached ∙ resets 2am")).toBe(12 * 60);
  expect(minutes("usage limit reached, try again in 2h 10m")).toBe(130);
  expect(minutes("│ Access resets at 2:26 PM UTC.   │")).toBe(26);
  expect(minutes("quota exceeded. Please retry in 45s")).toBe(0.75);
});

test("a limit of days names the day, as Claude Code and Codex write it", () => {
  const until = (text: string) => new Date(limitReset(text, two, 0)).toString().slice(4, 21);
  expect(until("You've hit your session limit · resets 2:26pm (UTC)")).toBe("Apr 30 2026 14:26");
  expect(until("You've hit your weekly limit · resets May 2, 2:26pm (UTC)")).toBe("May 02 2026 14:26");
  expect(until("You've hit your usage limit. Try again at May 31st, 2026 3:05 PM.")).toBe(
    "May 31 2026 15:05",
  );
  expect(until("You've hit your usage limit. Try again at 1:05 PM.")).toBe("May 01 2026 13:05");
  expect(until("weekly limit · resets Jan 3, 9am")).toBe("Jan 03 2027 09:00");
});

test("without a time it is guessed, longer with each repetition, up to two hours", () => {
  expect([0, 1, 2, 3, 9].map((repetition) => minutes("Add funds to continue", repetition))).toEqual([
    15, 30, 60, 120, 120,
  ]);
});
