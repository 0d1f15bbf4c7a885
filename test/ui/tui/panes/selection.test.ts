import headless, { type Terminal } from "@xterm/headless";
import { expect, test } from "vitest";
import { findText, selectedText, selectionBetween } from "../../../../src/ui/tui/panes/selection.ts";

async function terminalWith(text: string, columns = 10): Promise<Terminal> {
  const terminal = new headless.Terminal({ cols: columns, rows: 3, scrollback: 50, allowProposedApi: true });
  await new Promise<void>((resolve) => terminal.write(text, resolve));
  return terminal;
}

const end = (terminal: Terminal) => ({ line: terminal.buffer.active.length, column: 0 });

test("a selection is the same from either end, and lines keep their order", async () => {
  const terminal = await terminalWith("one\r\ntwo\r\nthree");
  const one = { line: 0, column: 1 };
  const other = { line: 2, column: 2 };
  expect(selectedText(terminal, selectionBetween(one, other))).toBe("ne\ntwo\nthr");
  expect(selectedText(terminal, selectionBetween(other, one))).toBe("ne\ntwo\nthr");
});

test("a line that the terminal wrapped is copied as one line, without the blanks at its end", async () => {
  const terminal = await terminalWith("https://example.org/a\r\nnext   ");
  const all = selectionBetween({ line: 0, column: 0 }, { line: 3, column: 9 });
  expect(selectedText(terminal, all)).toBe("https://example.org/a\nnext");
});

test("searching goes from the newest line back, through what scrolled away, and around", async () => {
  const terminal = await terminalWith("Error one\r\nok\r\nerror two\r\nok\r\nok\r\nok");
  const first = findText(terminal, "error", end(terminal), -1);
  expect(first?.first).toEqual({ line: 2, column: 0 });
  const second = findText(terminal, "error", first?.first ?? end(terminal), -1);
  expect(second?.first).toEqual({ line: 0, column: 0 });
  expect(findText(terminal, "error", second?.first ?? end(terminal), -1)?.first.line).toBe(2);
  expect(findText(terminal, "error", second?.first ?? end(terminal), 1)?.first.line).toBe(2);
  expect(findText(terminal, "Error", end(terminal), -1)?.first.line).toBe(0);
  expect(findText(terminal, "absent", end(terminal), -1)).toBeUndefined();
  expect(findText(terminal, "", end(terminal), -1)).toBeUndefined();
});

test("two places in one line are found one after the other", async () => {
  const terminal = await terminalWith("ab ab");
  const last = findText(terminal, "ab", end(terminal), -1);
  expect(last?.first).toEqual({ line: 0, column: 3 });
  expect(findText(terminal, "ab", last?.first ?? end(terminal), -1)?.first.column).toBe(0);
});

test("behind wide characters the found columns are those of the screen", async () => {
  const terminal = await terminalWith("漢字 ab");
  expect(findText(terminal, "ab", end(terminal), -1)).toEqual({
    first: { line: 0, column: 5 },
    last: { line: 0, column: 6 },
  });
});
