import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findCommand } from "../../../../src/agents/runtimes/resolve-runtime.ts";
import { openPty } from "../../../../src/agents/sessions/pty.ts";
import { Compositor } from "../../../../src/ui/tui/compositor.ts";
import { PaneScreen } from "../../../../src/ui/tui/panes/pane-screen.ts";
import type { Rect } from "../../../../src/ui/tui/screen/cell-grid.ts";
import { temporaryDirectory } from "../../../support/temporary-directory.ts";
import { cleanEnvironment } from "../../../support/terminal.ts";
import { waitFor } from "../../../support/wait-for.ts";
import { Screen } from "../support/screen-of.ts";
import { readRecordings, recordedSize } from "./recording.ts";

// A pane in the middle of a larger screen, beside a reference terminal of the pane's size that reads the same bytes.
const smallArea: Rect = { x: 7, y: 3, width: 60, height: 18 };

const patient = { timeoutMs: 25_000 };

let area: Rect;
let person: { readonly columns: number; readonly rows: number };
let pane: PaneScreen;
let compositor: Compositor;
let screen: Screen;
let reference: Screen;
function begin(place: Rect = smallArea): void {
  area = place;
  person = { columns: place.x + place.width + 23, rows: place.y + place.height + 9 };
  pane = new PaneScreen(area.width, area.height);
  compositor = new Compositor(person.columns, person.rows, { depth: "rgb", isAscii: false });
  compositor.setLayer(Array.from({ length: person.rows }, () => "▒".repeat(person.columns)).join("\n"));
  screen = new Screen(person.columns, person.rows);
  reference = new Screen(area.width, area.height);
}
beforeEach(() => begin());
afterEach(() => pane.dispose());

async function feed(bytes: string | Uint8Array): Promise<void> {
  const data = typeof bytes === "string" ? Buffer.from(bytes) : bytes;
  await new Promise<void>((resolve) => pane.write(data, resolve));
  await reference.write(data);
}

async function paint(): Promise<void> {
  const layer = { rect: area, drawInto: pane.drawInto.bind(pane) };
  await screen.write(compositor.frame({ panes: [layer], covers: [], cursor: undefined }));
}

/** The pane shows what the reference holds, and nothing around it was touched. */
function expectEqual(): void {
  expect(screen.cells(area)).toEqual(reference.cells());
  const lines = screen.lines();
  expect(lines[0]).toBe("▒".repeat(person.columns));
  expect(lines.at(-1)).toBe("▒".repeat(person.columns));
  for (const line of lines.slice(area.y, area.y + area.height))
    expect(line.slice(0, area.x)).toBe("▒".repeat(area.x));
}

const corpus: Readonly<Record<string, string>> = {
  "colours of all kinds":
    "\u001b[31mred\u001b[92mbright\u001b[38;5;208mpalette\u001b[38;2;10;200;30mtrue\u001b[48;2;9;9;99m back \u001b[7minverse\u001b[0m plain",
  attributes:
    "\u001b[1mb\u001b[2md\u001b[3mi\u001b[4mu\u001b[5mblink\u001b[8mhidden\u001b[9ms\u001b[53mo\u001b[22;23;24;25;28;29;55mnone",
  "wide characters and their halves": `${"漢字かな".repeat(20)}\u001b[3;4Hx\u001b[3;9H한\u001b[4;60H漢`,
  "combining marks": "e\u0301 a\u0308\u0304 n\u0303 क्षि ก็",
  "emoji, clusters and flags": "😺 👩‍👩‍👧‍👦 👍🏽 🇩🇪 ❤️ ☎️ ⚠ 1️⃣ 🏳️‍🌈",
  "box drawing": "┌──┬──┐\r\n│漢│ab│\r\n├──┼──┤\r\n│😺│cd│\r\n└──┴──┘\u001b(0lqqk\r\nx  x\r\nmqqj\u001b(B",
  "scroll regions": `\u001b[5;10r\u001b[5;1H${"line\r\n".repeat(12)}\u001b[3S\u001b[2T\u001b[7;1H\u001b[2L\u001b[1M\u001b[r`,
  "insert and delete":
    "abcdefgh漢字xyz\u001b[1;3H\u001b[2@\u001b[1;8H\u001b[3P\u001b[1;12H\u001b[4X\u001b[4h++\u001b[4l",
  "alternate screen and back": `before\u001b[?1049h${"X".repeat(300)}\u001b[?1049lafter`,
  "wrap at the edge": `${"w".repeat(60)}漢${"z".repeat(59)}漢\u001b[?7l${"n".repeat(80)}\u001b[?7h`,
  "origin mode, tabs and reverse index":
    "\u001b[4;8r\u001b[?6h\u001b[1;1Htop\ta\tb\u001bM\u001bMup\u001b[?6l\u001b[r",
  "erase with a background": "\u001b[44m\u001b[2J\u001b[5;5Hx\u001b[K\u001b[1K\u001b[0m\u001b[10;1H\u001b[J",
  "titles, hyperlinks and junk":
    "\u001b]0;title\u0007\u001b]8;;https://example.com\u001b\\link\u001b]8;;\u001b\\\u001bPjunk\u001b\\\u001b_apc\u001b\\\u001b^pm\u001b\\ ok \u0000\u0001\u007f\u009b31mC1",
  "invalid UTF-8 and lone surrogates": "ok \ufffd \ud83d end",
  "underlines of all kinds and colours":
    "\u001b[4:3mcurly\u001b[4:0m\u001b[21mdouble\u001b[24m\u001b[58;2;255;0;0m\u001b[4mred\u001b[59m\u001b[0m",
  "colons in colours": "\u001b[38:2::10:20:30mone\u001b[48:5:99mtwo\u001b[0m",
  "half blocks in true colour, as pictures are drawn": Array.from({ length: 4 }, (_, y) =>
    Array.from(
      { length: 20 },
      (__, x) => `\u001b[38;2;${x * 4};${y * 14};99;48;2;99;${x * 4};${y * 14}m▀`,
    ).join(""),
  ).join("\r\n"),
  "emoji of all makes": "👨‍👩‍👧 👩🏽‍💻 🏴󠁧󠁢󠁥󠁮󠁧󠁿 🇺🇳🇩🇪 #️⃣ 🫱🏻‍🫲🏿 ❤️‍🔥\r\n🧑‍🚀x👩🏻‍🦰y\u001b[1;3H→",
  "scripts that join, and text from right to left": "สวัสดี नमस्ते 안녕 ঙ্ক שלום مرحبا ﷽ \u202eabc\u202c",
  "a cursor kept in both screens":
    "\u001b[5;5H\u001b7one\u001b[?1049h\u001b[2;2H\u001b7alt\u001b8ALT\u001b[?1049l\u001b8two\u001b[?1048h\u001b[?1048l",
  "margins left and right, columns and rectangles":
    "\u001b[?69h\u001b[5;20s\u001b[2;2Hmargins\r\nnext\u001b[?69l\u001b[s\u001b[9;9H\u001b[u\u001b[2'}\u001b[1'~",
  "tabs set and cleared": "\u001b[3g\u001b[1;5H\u001bH\u001b[1;20H\u001bH\r\ta\tb\u001b[2Z|",
  "repeats and long lines": `ab\u001b[20b漢\u001b[3b\r\n${"0123456789".repeat(40)}`,
  "synchronised output and a soft reset": "\u001b[?2026hframe\u001b[?2026l\u001b[!p\u001b[1;1Hreset",
};

test.each(Object.entries(corpus))("%s look right in a pane", async (_, text) => {
  await feed(text);
  await paint();
  expectEqual();
  // And when drawn over something else, one byte at a time.
  await feed("\u001bc\u001b[45mother\r\n漢😺\u001b[0m");
  await paint();
  for (const byte of Buffer.from(text)) await feed(Uint8Array.of(byte));
  await paint();
  expectEqual();
});

const byAgents = readRecordings();

test.each(Object.keys(byAgents))(
  "the recorded screens of %s look right in a pane, however they come",
  async (name) => {
    const bytes = byAgents[name] ?? new Uint8Array();
    const place = { x: 7, y: 3, width: recordedSize.columns, height: recordedSize.rows };
    for (const pieceBytes of [bytes.length, 997, 4095]) {
      pane.dispose();
      begin(place);
      for (let at = 0; at < bytes.length; at += pieceBytes) {
        await feed(bytes.subarray(at, at + pieceBytes));
        await paint();
        // While a program is in the middle of an update the pane shows the one before.
        if (pane.isWhole) expectEqual();
      }
      expectEqual();
    }
  },
);

// Clusters are in the corpus; torn apart by random overwriting, the emulator itself holds them in cells too small.
const piece = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom("a", "long text ", "漢", "😺", "e\u0301", "\r\n", "\t", "\b", "─"),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 62 }))
      .map(([y, x]) => `\u001b[${y};${x}H`),
  },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 107 }).map((code) => `\u001b[${code}m`) },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.integer({ min: 1, max: 9 }), fc.constantFrom(..."@PXLMSTKJABCDZI"))
      .map(([count, final]) => `\u001b[${count}${final}`),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "\u001b[4;9r",
      "\u001b[r",
      "\u001b[?1049h",
      "\u001b[?1049l",
      "\u001b[?7l",
      "\u001b[?7h",
      "\u001bM",
      "\u001b7",
      "\u001b8",
      "\u001bc",
    ),
  },
);

test("whatever a program writes, painted whenever, the pane shows what a terminal would", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(piece, { maxLength: 40 }), { minLength: 1, maxLength: 4 }),
      async (frames) => {
        pane.dispose();
        begin();
        for (const frame of frames) {
          await feed(frame.join(""));
          await paint();
        }
        expectEqual();
      },
    ),
    { numRuns: 80 },
  );
}, 60_000);

test("an update is shown when it is whole, and the one before until then", async () => {
  await feed("\u001b[31mbefore 漢字");
  await paint();
  const before = reference.cells();
  const cursor = pane.cursor();
  await feed("\u001b[?2026h\u001b[H\u001b[2Jhalf of it");
  await paint();
  expect(screen.cells(area)).toEqual(before);
  expect(pane.cursor()).toEqual(cursor);
  await feed(" and the rest\u001b[?2026l");
  await paint();
  expectEqual();
});

test("an update that never ends is shown all the same", async () => {
  await paint();
  await feed("\u001b[?2026hhalf of it");
  await waitFor(() => pane.isWhole, { what: "the end of patience" });
  await paint();
  expectEqual();
});

test("a resize keeps pane and reference equal", async () => {
  await feed(`${"漢字 and text that wraps around the edge of the pane ".repeat(12)}\r\n$ `);
  pane.resize(40, 10);
  reference.terminal.resize(40, 10);
  await feed("after\u001b[31m the resize");
  const small = { ...area, width: 40, height: 10 };
  const layer = { rect: small, drawInto: pane.drawInto.bind(pane) };
  await screen.write(compositor.frame({ panes: [layer], covers: [], cursor: undefined }));
  expect(screen.cells(small)).toEqual(reference.cells());
});

const isInstalled = (program: string): boolean => findCommand(program, process.env) !== undefined;

interface Played {
  write(text: string): void;
  /** All that it has written so far. */
  seen(): string;
  resize(columns: number, rows: number): void;
}

/** Runs a program in a real terminal of the pane's size and gives both the same bytes. */
async function runProgram(
  argv: readonly string[],
  script: (program: Played) => Promise<void>,
): Promise<void> {
  let output = "";
  let size = { ...area };
  let isOver = false;
  const feeding: Promise<void>[] = [];
  const pty = openPty({
    argv,
    columns: area.width,
    rows: area.height,
    cwd: temporaryDirectory(),
    env: cleanEnvironment({ LESS: "", HOME: temporaryDirectory() }),
    onData: (bytes) => {
      output += Buffer.from(bytes).toString("utf8");
      feeding.push(feed(bytes));
    },
    onExit: () => {
      isOver = true;
    },
  });
  try {
    await script({
      write: (text) => pty.write(text),
      seen: () => output,
      resize: (width, height) => {
        size = { ...area, width, height };
        pane.resize(width, height);
        reference.terminal.resize(width, height);
        pty.resize(width, height);
      },
    });
    await Promise.all(feeding);
    const layer = { rect: size, drawInto: pane.drawInto.bind(pane) };
    await screen.write(compositor.frame({ panes: [layer], covers: [], cursor: undefined }));
    expect(screen.cells(size)).toEqual(reference.cells());
  } finally {
    if (!isOver) process.kill(pty.pid, "SIGKILL");
    await waitFor(() => isOver, { ...patient, what: "the program's end" });
  }
}

test.runIf(isInstalled("less"))("less looks right in a pane", async () => {
  const file = join(temporaryDirectory(), "text");
  writeFileSync(
    file,
    Array.from({ length: 200 }, (_, index) => `${index} 漢字 😺 ${"word ".repeat(index % 20)}`).join("\n"),
  );
  await runProgram(["less", file], async ({ write, seen }) => {
    await waitFor(() => seen().includes("10 漢字"), { ...patient, what: "less" });
    write(" ");
    await waitFor(() => seen().includes("20 漢字"), { ...patient, what: "the next page" });
    write("/19 \r");
    await waitFor(() => seen().includes("119 漢字") || seen().includes("\u001b[7m"), {
      ...patient,
      what: "a match",
    });
  });
});

test.runIf(isInstalled("vim"))("vim looks right in a pane", async () => {
  await runProgram(
    ["vim", "-u", "NONE", "-N", "-c", "set number hlsearch incsearch | syntax on"],
    async ({ write, seen }) => {
      await waitFor(() => seen().includes("~"), { ...patient, what: "vim" });
      write("iint main(void) { return 漢; } // 😺\r\tx\u001b:split\r");
      await waitFor(() => seen().includes("[No Name]"), { ...patient, what: "a split" });
      write("ggO/* top */\u001b/main\r:echo 'done'.'!'\r");
      await waitFor(() => seen().includes("done!"), { ...patient, what: "the message" });
    },
  );
});

/** What every machine has: a full-screen program that colours, writes wide characters and obeys a resize. */
const fullScreen = `
const { stdin, stdout } = process;
const draw = () => {
  const { columns, rows } = stdout;
  stdout.write("\\x1b[2J");
  for (let row = 1; row <= rows; row++)
    stdout.write("\\x1b[" + row + ";1H\\x1b[48;5;" + (row + 16) + "m" + "漢😺a".repeat(columns).slice(0, columns >> 1) + "\\x1b[0m");
  stdout.write("\\x1b[" + rows + ";1Hsize " + columns + "x" + rows);
};
stdin.setRawMode(true);
stdin.on("data", (key) => {
  stdout.write("\\x1b[1;1H\\x1b[7mkey " + key + "\\x1b[0m");
});
stdout.on("resize", draw);
stdout.write("\\x1b[?1049h\\x1b[?25l");
draw();
`;

test("a full-screen program looks right in a pane, also after a resize", async () => {
  await runProgram([process.execPath, "-e", fullScreen], async ({ write, seen, resize }) => {
    await waitFor(() => seen().includes("size 60x18"), { ...patient, what: "the first screen" });
    resize(45, 12);
    await waitFor(() => seen().includes("size 45x12"), { ...patient, what: "the smaller screen" });
    write("k");
    await waitFor(() => seen().includes("key k"), { ...patient, what: "the key" });
  });
});
