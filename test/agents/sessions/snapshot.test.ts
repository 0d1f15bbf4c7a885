import { UnicodeGraphemesAddon } from "@xterm/addon-unicode-graphemes";
import xterm from "@xterm/headless";
import fc from "fast-check";
import { expect, test } from "vitest";
import { linkNumber, linkOf } from "../../../src/agents/sessions/cell-link.ts";
import { hardenTerminal } from "../../../src/agents/sessions/harden-terminal.ts";
import { Screen } from "../../../src/agents/sessions/screen.ts";

const columns = 30;
const rows = 8;

function reference(): xterm.Terminal {
  const terminal = new xterm.Terminal({ cols: columns, rows, scrollback: 1000, allowProposedApi: true });
  terminal.loadAddon(new UnicodeGraphemesAddon() as unknown as xterm.ITerminalAddon);
  terminal.unicode.activeVersion = "15-graphemes";
  hardenTerminal(terminal, (error) => {
    throw new Error(`the emulator broke: ${String(error)}`);
  });
  return terminal;
}

const feed = (terminal: xterm.Terminal, bytes: Uint8Array) =>
  new Promise<void>((done) => terminal.write(bytes, done));

/** Everything a person could tell apart: cells with their looks, cursor, modes. */
function stateOf(terminal: xterm.Terminal) {
  const buffer = terminal.buffer.active;
  const cells = Array.from({ length: buffer.baseY + rows }, (_, row) => {
    const line = buffer.getLine(row);
    return Array.from({ length: columns }, (_unused, column) => {
      const cell = line?.getCell(column);
      if (cell === undefined) return "";
      const looks = [
        cell.isBold(),
        cell.isDim(),
        cell.isItalic(),
        cell.isUnderline(),
        cell.isInverse(),
        cell.isInvisible(),
        cell.isStrikethrough(),
      ];
      // Half of a wide glyph has no shape of its own: without wrapping a program can write over the other one.
      const isTorn = cell.getWidth() === 2 && line?.getCell(column + 1)?.getWidth() !== 0;
      const text = cell.getChars() === " " || isTorn ? "" : cell.getChars();
      const colours = `${cell.getFgColorMode()}:${cell.getFgColor()}|${cell.getBgColorMode()}:${cell.getBgColor()}`;
      const link = linkOf(terminal, linkNumber(cell));
      return `${text}|${isTorn ? 1 : cell.getWidth()}|${colours}|${looks.map((look) => (look ? 1 : 0)).join("")}|${link?.id ?? ""} ${link?.uri ?? ""}`;
    });
  });
  return { cells, type: buffer.type, x: buffer.cursorX, y: buffer.cursorY, modes: terminal.modes };
}

async function expectSame(bytes: Uint8Array, later: Uint8Array): Promise<void> {
  const screen = new Screen(columns, rows, () => {});
  const one = reference();
  const other = reference();
  await new Promise<void>((done) => screen.write(bytes, done));
  await feed(one, bytes);
  await feed(other, screen.snapshot());
  expect(stateOf(other)).toEqual(stateOf(one));
  // What the program does next must look the same, too: margins, pending attributes and the cursor carry on.
  await feed(one, later);
  await feed(other, later);
  expect(stateOf(other).cells).toEqual(stateOf(one).cells);
  screen.dispose();
  one.dispose();
  other.dispose();
}

test("a snapshot redraws alternate screen, colours, wide characters, margins and modes", async () => {
  const text =
    "shell\r\n$ vim\r\n\x1b[?1049h\x1b[2J\x1b[H\x1b[38;2;10;20;30mrgb\x1b[48;5;99m palette \x1b[0m\x1b[1;3;4mstyled\x1b[0m\r\n" +
    "wide 日本語 e\u0301 👩‍👩‍👧 end\x1b[3;6r\x1b[?6h\x1b[2;5H\x1b[7m\x1b[?2004h\x1b[?1h\x1b[?1002h\x1b[?1006h\x1b[?25l";
  await expectSame(Buffer.from(text), Buffer.from("next\n\n\n\n\nlast\x1b[?1049l back"));
});

const piece = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 12 }),
  fc.constantFrom("日本", "👍", "\r\n", "\n", "\r", "\t", "\b"),
  fc
    .tuple(fc.integer({ min: 0, max: 9 }), fc.integer({ min: 0, max: 35 }))
    .map(([row, column]) => `\x1b[${row};${column}H`),
  fc.constantFrom(0, 1, 2, 3, 4, 7, 9, 31, 42, 93, 104, 39, 49).map((code) => `\x1b[${code}m`),
  fc.integer({ min: 0, max: 255 }).map((code) => `\x1b[38;5;${code}m`),
  fc.constantFrom(
    "\x1b[J",
    "\x1b[1J",
    "\x1b[2J",
    "\x1b[K",
    "\x1b[1K",
    "\x1b[2L",
    "\x1b[2M",
    "\x1b[3P",
    "\x1b[2@",
    "\x1bM",
    "\x1bD",
  ),
  fc.constantFrom(
    "\x1b[?1049h",
    "\x1b[?1049l",
    "\x1b[?25l",
    "\x1b[?25h",
    "\x1b[?2004h",
    "\x1b[?7l",
    "\x1b[?7h",
    "\x1b[2;6r",
    "\x1b[r",
  ),
);

test("a snapshot keeps hyperlinks, also the one that is being written", async () => {
  const link = (uri: string, text: string, id = "") => `\u001b]8;${id};${uri}\u001b\\${text}`;
  await expectSame(
    Buffer.from(
      `${link("https://example.com/a", "one")}${link("https://example.com/b", "two 漢", "id=x")}${link("", " plain")}\r\n${link("file:///etc", "three", "id=x")} and`,
    ),
    Buffer.from(` more${link("", " end")}`),
  );
});

test("whatever a program drew, a snapshot gives another terminal the same state", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(piece, { maxLength: 40 }), async (pieces) => {
      await expectSame(Buffer.from(pieces.join("")), Buffer.from(""));
    }),
    { numRuns: 150 },
  );
});

test("a snapshot in the middle of a sequence or a character goes on where the program does", async () => {
  const text = Buffer.from(
    "one \x1b[38;2;1;200;3mgreen\x1b[0m 漢 😺 \x1b]0;a title\x07\x1b]2;another\x1b\\\x1b(B é\x1bP+q\x1b\\ end",
  );
  for (let cut = 1; cut < text.length; cut++) {
    // Byte by byte up to the cut as well: what is unfinished may come in pieces.
    for (const pieces of [
      [text.subarray(0, cut)],
      [...text.subarray(0, cut)].map((byte) => Uint8Array.of(byte)),
    ]) {
      const screen = new Screen(columns, rows, () => {});
      const one = reference();
      const other = reference();
      for (const piece of pieces) await new Promise<void>((done) => screen.write(piece, done));
      await feed(one, text);
      await feed(other, screen.snapshot());
      await feed(other, text.subarray(cut));
      expect(stateOf(other), `cut at ${cut}`).toEqual(stateOf(one));
      screen.dispose();
    }
  }
});

test("a picture shows the same screen, with nothing above it, over whatever was there", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 40 }),
      fc.array(piece, { maxLength: 20 }),
      async (pieces, before) => {
        const screen = new Screen(columns, rows, () => {});
        const one = reference();
        const other = reference();
        const bytes = Buffer.from(pieces.join(""));
        await new Promise<void>((done) => screen.write(bytes, done));
        await feed(one, bytes);
        await feed(other, Buffer.from(`${before.join("")}\x1b[3`));
        await feed(other, screen.picture());
        const { cells, ...state } = stateOf(other);
        const { cells: wanted, ...wantedState } = stateOf(one);
        expect(cells).toEqual(wanted.slice(-rows));
        expect(state).toEqual(wantedState);
        screen.dispose();
        one.dispose();
        other.dispose();
      },
    ),
    { numRuns: 60 },
  );
});
