import { expect, test } from "vitest";
import { deathsAfter, suspectsOf } from "../../../src/core/merge/recover.ts";
import { runOf } from "./support/run-of.ts";

function died(...probes: Parameters<typeof runOf>[1]) {
  const run = runOf(4, probes);
  return {
    ...run,
    items: run.ids.map((id) => ({ id, head: "", landing: "", tree: "", kind: "commit" as const })),
  };
}
const suspects = (...probes: Parameters<typeof runOf>[1]) => suspectsOf(died(...probes));

test("a process that dies between gates accuses nobody", () => {
  expect(suspects()).toEqual([]);
  expect(suspects([4, "red"], [2, "green"])).toEqual([]);
});

test("one that dies under a gate accuses those whom it looked at, unless a gate has seen them to its end", () => {
  expect(suspects([4])).toEqual(["mr-1", "mr-2", "mr-3", "mr-4"]);
  expect(suspects([2, "green"], [4])).toEqual(["mr-3", "mr-4"]);
  expect(suspects([4, "red"], [2])).toEqual([]);
  expect(suspects([4, "killed"], [3, "error"], [4])).toHaveLength(4);
});

test("a suspect has one death more, others of the batch are only brought to go alone, and the absent are cleared of deaths alone", () => {
  const run = died([2, "green"], [4]);
  const after = (id: string, crashes: number) => deathsAfter(run, { id, crashes });
  expect([after("mr-3", 0), after("mr-3", 4)]).toEqual([1, 5]);
  expect([after("mr-1", 0), after("mr-1", 1), after("mr-1", 2), after("mr-1", 4)]).toEqual([1, 2, 2, 2]);
  expect([after("mr-9", 0), after("mr-9", 1), after("mr-9", 4)]).toEqual([0, 1, 2]);
});
