import fc from "fast-check";
import { expect, test } from "vitest";
import { inside, layOut } from "../../../src/ui/tui/layout.ts";
import { panesOf, type PaneTree, removeFromTree, splitTree } from "../../../src/ui/tui/panes/pane-tree.ts";

const activity = {
  view: "activity",
  focus: { panel: "agents" },
  paneTree: undefined,
  isZoomed: false,
} as const;

test("the screen is shared by size: side by side, one column, one panel, one line", () => {
  const kind = (columns: number, rows: number) => layOut({ ...activity, columns, rows }).kind;
  expect(kind(160, 45)).toBe("wide");
  expect(kind(100, 20)).toBe("wide");
  expect(kind(80, 24)).toBe("column");
  expect(kind(59, 16)).toBe("single");
  expect(kind(80, 15)).toBe("single");
  expect(kind(20, 5)).toBe("tiny");
});

test("at 80x24 the focused panel is large and the others are one line each", () => {
  const layout = layOut({ ...activity, columns: 80, rows: 24 });
  expect(layout.panels.get("agents")).toEqual({ x: 0, y: 1, width: 80, height: 20 });
  expect([...layout.summaries.keys()]).toEqual(["convoys", "feed"]);
});

test("a zoomed pane has everything but header and footer", () => {
  const paneTree = splitTree({ pane: "a" }, "b", "right");
  const layout = layOut({
    ...activity,
    columns: 160,
    rows: 45,
    paneTree,
    focus: { pane: "b", mode: "type" },
    isZoomed: true,
  });
  expect([...layout.panes]).toEqual([["b", { x: 0, y: 1, width: 160, height: 43 }]]);
  expect(layout.panels.size).toBe(0);
});

const tree: fc.Arbitrary<PaneTree | undefined> = fc
  .array(fc.record({ split: fc.constantFrom("right" as const, "down" as const), beside: fc.nat(5) }), {
    maxLength: 6,
  })
  .map((steps) =>
    steps.reduce<PaneTree | undefined>(
      (made, step, index) => splitTree(made, `p${index}`, step.split, `p${step.beside}`),
      undefined,
    ),
  );

test("no two parts share a cell and nothing is outside of the screen, for any size and any split", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 250 }),
      fc.integer({ min: 1, max: 80 }),
      tree,
      (columns, rows, paneTree) => {
        const layout = layOut({ ...activity, columns, rows, paneTree });
        if (layout.kind === "tiny") return;
        const taken = new Uint8Array(columns * rows);
        for (const rect of [
          layout.header,
          layout.footer,
          ...layout.panels.values(),
          ...layout.summaries.values(),
          ...layout.panes.values(),
        ]) {
          for (let y = rect.y; y < rect.y + rect.height; y++)
            for (let x = rect.x; x < rect.x + rect.width; x++) {
              expect(x < columns && y < rows).toBe(true);
              expect(taken[y * columns + x]).toBe(0);
              taken[y * columns + x] = 1;
            }
        }
        // Nothing is left bare either.
        expect(taken.every((cell) => cell === 1)).toBe(true);
        for (const rect of layout.panes.values()) expect(inside(rect).width).toBeGreaterThanOrEqual(0);
      },
    ),
    { numRuns: 200 },
  );
});

test("closing a pane gives its room to its neighbour", () => {
  const three = splitTree(splitTree({ pane: "a" }, "b", "right"), "c", "down", "b");
  expect(panesOf(three)).toEqual(["a", "b", "c"]);
  expect(panesOf(removeFromTree(three, "b"))).toEqual(["a", "c"]);
  expect(removeFromTree(removeFromTree(removeFromTree(three, "b"), "a"), "c")).toBeUndefined();
});
