import { expect, test } from "vitest";
import type { ConvoyView } from "../../../../src/core/convoys/convoy-view.ts";
import { progressLine } from "../../../../src/ui/tui/views/progress-line.ts";
import { asciiLook, convoyOf, look, noon, trackedOf } from "../support/town-of.ts";

const hour = 3_600_000;

/** Four hours old, with beads that landed so many hours ago. */
function convoyWith(landedHoursAgo: readonly number[], fields: Partial<ConvoyView> = {}): ConvoyView {
  const landed = landedHoursAgo.map((ago, index) =>
    trackedOf({ id: `ac-${index}`, state: "closed", closedAt: noon - ago * hour }),
  );
  const tracked = [...landed, trackedOf({ id: "ac-x" })];
  return convoyOf({
    ...{ id: "hq-cv-1", title: "Auth", createdAt: noon - 4 * hour, total: tracked.length, tracked },
    ...fields,
  });
}

const textOf = (convoy: ConvoyView, shown = look, width = 52) =>
  progressLine(convoy, noon, shown, width)
    .map(({ text }) => text)
    .join("");

test("the graph rises when beads land, and says how many did lately", () => {
  // Eight cells of half an hour each.
  expect(textOf(convoyWith([3, 1, 0.5]))).toBe(" 4h ago  ▂▂▂▂▄▆▆ now  1 landed in the last hour");
});

test("who has landed nothing for long is told so", () => {
  expect(textOf(convoyWith([3]))).toContain("nothing landed for 3h");
});

test("a landed convoy is full at its end", () => {
  const landed = convoyWith([3, 2], { closedAt: noon - 2 * hour, total: 2 });
  expect(textOf(landed)).toMatch(/█ landed/);
  expect(textOf(landed, asciiLook)).toMatch(/# landed/);
});

test("nothing is drawn while nothing has landed", () => {
  expect(textOf(convoyWith([]))).toBe("");
});
