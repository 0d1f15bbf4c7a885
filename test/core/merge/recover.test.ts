import { expect, test } from "vitest";
import { suspectsOf } from "../../../src/core/merge/recover.ts";
import { runOf } from "./support/run-of.ts";

function suspects(...probes: Parameters<typeof runOf>[1]): readonly string[] {
  const run = runOf(4, probes);
  const items = run.ids.map((id) => ({ id, head: "", landing: "", tree: "", kind: "commit" as const }));
  return suspectsOf({ ...run, items });
}

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
