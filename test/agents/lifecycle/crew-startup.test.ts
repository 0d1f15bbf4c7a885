import { expect, test } from "vitest";
import { crewStartup } from "../../../src/agents/lifecycle/crew-startup.ts";

const members = ["Ann", "max", "sam"];

test.each([
  ["", []],
  ["none", []],
  ["all", ["Ann", "max", "sam"]],
  ["pick one", ["Ann"]],
  ["sam", ["sam"]],
  ["sam, ann", ["Ann", "sam"]],
  ["sam and ANN", ["Ann", "sam"]],
  ["max, sam, and ann", ["Ann", "max", "sam"]],
  ["all, but not max", ["Ann", "sam"]],
  ["all but not max and sam", ["Ann"]],
  ["sam and max, but not max", ["sam"]],
])('"%s" starts %j', (wish, start) => {
  expect(crewStartup(wish, members)).toEqual({ start, unknown: [] });
});

test("a name that nobody bears is pointed out, the others start", () => {
  expect(crewStartup("sam and nobody", members)).toEqual({ start: ["sam"], unknown: ["nobody"] });
});
