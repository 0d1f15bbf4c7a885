import { expect, test } from "vitest";
import { formatAge, formatAgo, formatSpan, parseDuration } from "../../src/core/duration.ts";

const minute = 60_000;

test("how long ago reads as a sentence at every distance", () => {
  expect(formatAgo(5_000)).toBe("just now");
  expect(formatAgo(-5_000)).toBe("just now");
  expect(formatAgo(5 * minute)).toBe("5m ago");
  expect(formatAgo(49 * 60 * minute)).toBe("2d ago");
  expect(formatAge(5_000)).toBe("just now");
});

test("spans keep their minutes for a day", () => {
  expect([0, 42 * minute, 180 * minute, 185 * minute].map(formatSpan)).toEqual(["<1m", "42m", "3h", "3h5m"]);
  expect(parseDuration("1h30m")).toBe(90 * minute);
  expect(parseDuration("soon")).toBeUndefined();
});
