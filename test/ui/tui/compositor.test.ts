import fc from "fast-check";
import { expect, test } from "vitest";
import { linkNumber, linkOf } from "../../../src/agents/sessions/cell-link.ts";
import { Compositor } from "../../../src/ui/tui/compositor.ts";
import { PaneScreen } from "../../../src/ui/tui/panes/pane-screen.ts";
import { Screen } from "./support/screen-of.ts";

const columns = 24;
const rows = 6;
const rgb = { depth: "rgb", isAscii: false } as const;
const nothing = { panes: [], covers: [], cursor: undefined } as const;

async function feed(pane: PaneScreen, text: string): Promise<void> {
  await new Promise<void>((resolve) => pane.write(Buffer.from(text), resolve));
}

const piece = fc.oneof(
  fc.constantFrom("a", "Z", " ", "─", "é", "漢", "😺", "👩‍👩‍👧", "e\u0301", "❤️", "🇩🇪", "\u202e", "…"),
  fc.constantFrom(
    "\u001b[31m",
    "\u001b[1m",
    "\u001b[7m",
    "\u001b[48;2;1;2;3m",
    "\u001b[38;5;99m",
    "\u001b[0m",
    "\u001b[9m",
  ),
);
const frame = fc
  .array(
    fc.array(piece, { maxLength: 40 }).map((parts) => parts.join("")),
    { maxLength: 8 },
  )
  .map((lines) => lines.join("\n"));

test("whatever frames follow each other, the terminal shows exactly the last one", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { minLength: 2, maxLength: 4 }), async (frames) => {
      const compositor = new Compositor(columns, rows, rgb);
      const screen = new Screen(columns, rows);
      for (const text of frames) {
        compositor.setLayer(text);
        await screen.write(compositor.frame(nothing));
      }
      const fresh = new Compositor(columns, rows, rgb);
      const expected = new Screen(columns, rows);
      fresh.setLayer(frames.at(-1) ?? "");
      await expected.write(fresh.frame(nothing));
      expect(screen.cells()).toEqual(expected.cells());
      expect(screen.lines().map((line) => line.trimEnd())).toEqual(
        Array.from({ length: rows }, (_, row) => compositor.text(row).trimEnd()),
      );
    }),
    { numRuns: 150 },
  );
});

test("nothing is written when nothing changed", () => {
  const compositor = new Compositor(columns, rows, rgb);
  compositor.setLayer("hello");
  expect(compositor.frame(nothing)).toContain("hello");
  expect(compositor.frame(nothing)).toBe("");
});

test("a change of one letter writes that letter, inside one synchronised update", () => {
  const compositor = new Compositor(columns, rows, rgb);
  compositor.setLayer("hello world");
  compositor.frame(nothing);
  compositor.setLayer("hello World");
  const bytes = compositor.frame(nothing);
  expect(bytes.startsWith("\u001b[?2026h")).toBe(true);
  expect(bytes.endsWith("\u001b[?2026l")).toBe(true);
  expect(bytes).toContain("W");
  expect(bytes).not.toContain("hello");
  expect(bytes.length).toBeLessThan(60);
});

test("a pane is drawn within its rectangle and an overlay above it", async () => {
  const pane = new PaneScreen(30, 10);
  await feed(pane, Array.from({ length: 10 }, (_, index) => `${"漢".repeat(14)}${index}`).join("\r\n"));
  const compositor = new Compositor(columns, rows, rgb);
  compositor.setLayer(`${"x".repeat(columns)}\n`.repeat(rows).trimEnd());
  const rect = { x: 5, y: 1, width: 11, height: 3 };
  const scene = {
    panes: [{ rect, drawInto: pane.drawInto.bind(pane) }],
    covers: [{ x: 8, y: 2, width: 3, height: 1 }],
    cursor: undefined,
  };
  const screen = new Screen(columns, rows);
  await screen.write(compositor.frame(scene));
  // Eleven columns hold five wide glyphs; the overlay cuts the second and the third in two.
  expect(screen.lines()).toEqual([
    "x".repeat(24),
    `xxxxx漢漢漢漢漢 ${"x".repeat(8)}`,
    `xxxxx漢 xxx漢漢 ${"x".repeat(8)}`,
    `xxxxx漢漢漢漢漢 ${"x".repeat(8)}`,
    "x".repeat(24),
    "x".repeat(24),
  ]);
  pane.dispose();
});

test("hostile bytes in a pane draw nothing outside of it", async () => {
  const pane = new PaneScreen(8, 2);
  await feed(pane, "\u001b[2J\u001b[99;99Hout\u001b]0;title\u0007\u001b[?1049h\u001b[?25l\u001bcX\u001b[31m");
  const compositor = new Compositor(columns, rows, rgb);
  compositor.setLayer(".".repeat(columns));
  const bytes = compositor.frame({
    panes: [{ rect: { x: 2, y: 2, width: 8, height: 2 }, drawInto: pane.drawInto.bind(pane) }],
    covers: [],
    cursor: undefined,
  });
  expect(bytes).not.toMatch(/\u001b\]|1049|\u001bc/);
  const screen = new Screen(columns, rows);
  await screen.write(bytes);
  expect(screen.lines()).toEqual([".".repeat(columns), "", "  X", "", "", ""]);
  pane.dispose();
});

test("colours are fitted to what the terminal can show", () => {
  const written = (depth: "none" | "ansi" | "palette" | "rgb") => {
    const compositor = new Compositor(10, 1, { depth, isAscii: false });
    compositor.setLayer("\u001b[1m\u001b[38;2;240;113;120mred\u001b[0m");
    return compositor.frame(nothing);
  };
  expect(written("rgb")).toContain("38;2;240;113;120");
  expect(written("palette")).toMatch(/38;5;\d+m/);
  expect(written("ansi")).toMatch(/;(3[0-7]|9[0-7])m/);
  expect(written("none")).toMatch(/\u001b\[0;1mred/);
});

test("a resize forgets the screen and draws it anew", async () => {
  const compositor = new Compositor(columns, rows, rgb);
  compositor.setLayer("one\ntwo");
  compositor.frame(nothing);
  compositor.resize(10, 3);
  compositor.setLayer("one\ntwo");
  const screen = new Screen(10, 3);
  await screen.write("garbage garbage garbage");
  await screen.write(compositor.frame(nothing));
  expect(screen.lines()).toEqual(["one", "two", ""]);
});

test("for a terminal without Unicode the layer is ASCII, cell for cell", async () => {
  const compositor = new Compositor(24, 2, { depth: "rgb", isAscii: true });
  compositor.setLayer("a · b… 漢字 😺 é ↵ ok\n╭─╮│▓░");
  const bytes = compositor.frame(nothing);
  expect([...bytes].filter((letter) => letter > "~")).toEqual([]);
  const screen = new Screen(24, 2);
  await screen.write(bytes);
  expect(screen.lines()).toEqual(["a - b~ ? ?  ?  ? < ok", "+-+|#."]);
});

test("hyperlinks of a session are those of its cells: closed behind them, and gone when they are covered", async () => {
  const compositor = new Compositor(columns, rows, rgb);
  const pane = new PaneScreen(10, 2);
  const rect = { x: 2, y: 1, width: 10, height: 2 };
  const panes = [{ rect, drawInto: pane.drawInto.bind(pane) }];
  await feed(
    pane,
    "a \u001b]8;;https://example.com/x\u001b\\link\u001b]8;;\u001b\\ b\r\n\u001b]8;;file:///etc/passwd\u001b\\file\u001b]8;;\u001b\\",
  );
  const screen = new Screen(columns, rows);
  const linked = () =>
    [0, 1].map((row) =>
      Array.from({ length: columns }, (_, column) => {
        const cell = screen.terminal.buffer.active.getLine(1 + row)?.getCell(column);
        return cell === undefined ? "" : (linkOf(screen.terminal, linkNumber(cell))?.uri ?? ".").slice(0, 5);
      }).join(" "),
    );
  const line = (from: number, to: number) =>
    Array.from({ length: columns }, (_, column) => (column >= from && column < to ? "https" : ".")).join(" ");
  await screen.write(compositor.frame({ ...nothing, panes }));
  expect(linked()).toEqual([line(4, 8), line(0, 0)]);
  await screen.write(compositor.frame({ ...nothing, panes, covers: [{ x: 6, y: 1, width: 4, height: 1 }] }));
  expect(linked()).toEqual([line(4, 6), line(0, 0)]);
  await screen.write(compositor.frame({ ...nothing, panes }));
  expect(linked()).toEqual([line(4, 8), line(0, 0)]);
  expect(compositor.frame({ ...nothing, panes })).toBe("");
});
