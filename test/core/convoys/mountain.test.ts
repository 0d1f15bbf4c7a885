import { expect, test } from "vitest";
import { countFailure, failuresOf, retrySkipped } from "../../../src/core/convoys/mountain.ts";
import { beadOf } from "../../support/bead-of.ts";

const mountain = beadOf({ id: "hq-cv-1", type: "convoy", labels: ["mountain"] });
const failure = { reason: "exit 3", maxFailures: 3 };
const labelsAdded = (failures: number) =>
  countFailure(
    beadOf({ id: "web-a", labels: failures === 0 ? [] : [`mountain:failures:${failures}`] }),
    mountain,
    failure,
  ).flatMap((operation) => (operation.op === "addLabel" ? [operation.label] : []));

test("failures are counted one by one, and the third skips the bead", () => {
  expect(labelsAdded(0)).toEqual(["mountain:failures:1"]);
  expect(labelsAdded(1)).toEqual(["mountain:failures:2"]);
  expect(labelsAdded(2)).toEqual(["mountain:failures:3", "mountain:skipped"]);
});

test("a bead of no mountain is not counted", () => {
  expect(countFailure(beadOf({ id: "web-a" }), undefined, failure)).toEqual([]);
});

test("trying again forgets all failures", () => {
  const bead = beadOf({
    id: "web-a",
    status: "blocked",
    labels: ["mountain:failures:3", "mountain:skipped"],
  });
  expect(failuresOf(bead)).toBe(3);
  expect(retrySkipped(bead)).toEqual([
    { op: "removeLabel", id: "web-a", label: "mountain:failures:3" },
    { op: "removeLabel", id: "web-a", label: "mountain:skipped" },
    { op: "removeLabel", id: "web-a", label: "gt:spawn-blocked" },
    { op: "update", id: "web-a", fields: { metadata: { recovery: null } } },
    { op: "update", id: "web-a", fields: { status: "open", assignee: "" } },
  ]);
});
