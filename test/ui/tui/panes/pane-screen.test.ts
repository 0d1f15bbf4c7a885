import { afterEach, beforeEach, expect, test } from "vitest";
import { encodeForPane } from "../../../../src/ui/tui/panes/pane-input.ts";
import { PaneScreen } from "../../../../src/ui/tui/panes/pane-screen.ts";
import { CellGrid } from "../../../../src/ui/tui/screen/cell-grid.ts";

// A session of 40 x 20 in a pane of 10 x 5: somebody else looks at it in a larger view.
const pane = { x: 0, y: 0, width: 10, height: 5 };
let screen: PaneScreen;
let grid: CellGrid;

beforeEach(() => {
  screen = new PaneScreen(40, 20);
  grid = new CellGrid(10, 5);
});
afterEach(() => screen.dispose());

const write = (text: string) => new Promise<void>((resolve) => screen.write(Buffer.from(text), resolve));
const drawn = () => {
  screen.drawInto(grid, pane);
  return Array.from({ length: 5 }, (_, row) => grid.text(row).trimEnd());
};
const lines = Array.from({ length: 20 }, (_, index) => `line ${index} and what is too wide`).join("\r\n");

test("of a larger session the part with the cursor shows, and what is too wide is clipped", async () => {
  await write(lines);
  expect(drawn()).toEqual(["line 15 an", "line 16 an", "line 17 an", "line 18 an", "line 19 an"]);
  await write("\u001b[1;3H");
  expect(drawn()[0]).toBe("line 0 and");
  expect(screen.cursor()).toEqual({ x: 2, y: 0 });
  await write("\u001b[8;1H");
  expect(drawn().at(-1)).toBe("line 7 and");
  expect(screen.cursor()).toEqual({ x: 0, y: 4 });
});

test("the mouse points at the row that is under it", async () => {
  await write(`${lines}\u001b[?1000h\u001b[?1006h\u001b[8;1H`);
  drawn();
  const token = { kind: "mouse", action: "press", button: 0, code: 0, x: 1, y: 4, raw: "" } as const;
  expect(encodeForPane(token, screen, pane)).toBe("\u001b[<0;2;8M");
});

test("who scrolls back in a part goes back from that part", async () => {
  await write(`${lines}\r\n${lines}`);
  expect(drawn()[0]).toBe("line 15 an");
  screen.scroll = 1;
  expect(drawn()[0]).toBe("line 14 an");
});
