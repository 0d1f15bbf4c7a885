import { expect, test } from "vitest";
import { neighbour } from "../../../../src/ui/cli/gt/crew-next.ts";

test("one goes round the running members in both directions, also from where nobody is", () => {
  const three = ["a", "c", "e"];
  expect(["a", "c", "e", "d"].map((from) => neighbour(three, from, 1))).toEqual(["c", "e", "a", "e"]);
  expect(["a", "c", "e", "d"].map((from) => neighbour(three, from, -1))).toEqual(["e", "a", "c", "c"]);
  expect(neighbour(["a"], "a", 1)).toBeUndefined();
});
