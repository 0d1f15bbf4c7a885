import { expect, test } from "vitest";
import { StartBudget } from "../../../src/agents/patrols/start-budget.ts";

test("three sessions start at once, the next three ten seconds later", () => {
  const budget = new StartBudget();
  expect([0, 1, 2, 3].map((ms) => budget.take(1000 + ms))).toEqual([0, 0, 0, 9997]);
  expect(budget.take(11_000)).toBe(0);
  expect(budget.take(11_000)).toBe(1);
});

test("nothing starts while starts are held", () => {
  const budget = new StartBudget();
  budget.hold(60_000);
  expect(budget.take(1000)).toBe(59_000);
  expect(budget.take(60_000)).toBe(0);
});
