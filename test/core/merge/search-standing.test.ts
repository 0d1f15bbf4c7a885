import { expect, test } from "vitest";
import { searchStanding } from "../../../src/core/merge/search-standing.ts";
import { runOf } from "./support/run-of.ts";

test("before any gate has ended, every member waits", () => {
  expect(searchStanding(runOf(3, [[3]]))).toEqual({
    members: ["waiting", "waiting", "waiting"],
    flying: [3],
  });
});

test("a red batch makes suspects of all, and each green prefix clears its members", () => {
  expect(searchStanding(runOf(4, [[4, "red"], [2]])).members).toEqual([
    "suspect",
    "suspect",
    "suspect",
    "suspect",
  ]);
  expect(searchStanding(runOf(4, [[4, "red"], [2, "green"], [3]])).members).toEqual([
    "green",
    "green",
    "suspect",
    "suspect",
  ]);
});

test("one member between green and red is the culprit, and those behind it wait", () => {
  const run = runOf(
    4,
    [
      [4, "red"],
      [2, "green"],
      [3, "red"],
    ],
    1,
  );
  expect(searchStanding(run)).toEqual({ members: ["landed", "green", "red", "waiting"], flying: [] });
});

test("a gate that could not run or was killed says nothing", () => {
  expect(
    searchStanding(
      runOf(2, [
        [2, "error"],
        [1, "killed"],
      ]),
    ).members,
  ).toEqual(["waiting", "waiting"]);
});
