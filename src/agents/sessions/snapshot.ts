import type { IBuffer, IBufferCell, Terminal } from "@xterm/headless";
import { isUnderlined, linkNumber, linkOf } from "./cell-link.ts";

/** What the emulator knows but does not offer; the tests compare snapshots with a reference terminal. */
export interface Internals {
  readonly coreService: { readonly isCursorHidden: boolean };
  readonly coreMouseService: { readonly activeEncoding: string };
  readonly buffer: { readonly scrollTop: number; readonly scrollBottom: number };
  readonly _inputHandler: { readonly _curAttrData: Pen };
}

/** Colours and attributes, of a cell or of what will be written next. */
type Pen = Pick<
  IBufferCell,
  | "isBold"
  | "isDim"
  | "isItalic"
  | "isUnderline"
  | "isBlink"
  | "isInverse"
  | "isInvisible"
  | "isStrikethrough"
  | "isOverline"
  | "getFgColorMode"
  | "getFgColor"
  | "getBgColorMode"
  | "getBgColor"
>;

const mouseEncodings: Readonly<Record<string, string>> = { SGR: "\x1b[?1006h", SGR_PIXELS: "\x1b[?1016h" };
const mouseTracking: Readonly<Record<string, string>> = {
  x10: "\x1b[?9h",
  vt200: "\x1b[?1000h",
  drag: "\x1b[?1002h",
  any: "\x1b[?1003h",
};

/** Brings any terminal to its first state, with an empty scrollback. */
const reset = "\x1b[?1049l\x1bc\x1b[3J";

/** Until the end nothing of it is to be shown; the reset comes first, for it ends that, too. */
const begin = `${reset}\x1b[?2026h`;
const end = "\x1b[?2026l";

/**
 * Bytes that bring another terminal of the same size to the same state: scrollback, both screens, colours, links, margins,
 * modes, cursor and pen. Every row is placed absolutely, so that no wrapping or erasing of the receiver can differ.
 */
export function drawSnapshot(terminal: Terminal): string {
  return begin + drawScrollback(terminal) + drawScreen(terminal);
}

/** The same for what is on the screen at this moment, leaving the scrollback empty. */
export function drawPicture(terminal: Terminal): string {
  return begin + drawScreen(terminal);
}

function drawScreen(terminal: Terminal): string {
  const internals = (terminal as unknown as { readonly _core: Internals })._core;
  const { normal, alternate, active } = terminal.buffer;
  const { rows, modes } = terminal;
  let text = drawRows(terminal, normal);
  if (active.type === "alternate") {
    text += place(normal.cursorY, Math.min(normal.cursorX, terminal.cols - 1));
    text += `\x1b[?1049h${drawRows(terminal, alternate)}`;
  }
  const { scrollTop, scrollBottom } = internals.buffer;
  if (scrollTop !== 0 || scrollBottom !== rows - 1) text += `\x1b[${scrollTop + 1};${scrollBottom + 1}r`;
  if (modes.originMode) text += "\x1b[?6h";
  text += drawCursor(active, terminal.cols, modes.originMode ? scrollTop : 0);
  text += penSequence(internals._inputHandler._curAttrData);
  text += openLink(terminal, linkNumber(internals._inputHandler._curAttrData));
  if (modes.applicationCursorKeysMode) text += "\x1b[?1h";
  if (modes.applicationKeypadMode) text += "\x1b=";
  if (modes.bracketedPasteMode) text += "\x1b[?2004h";
  if (modes.insertMode) text += "\x1b[4h";
  if (modes.reverseWraparoundMode) text += "\x1b[?45h";
  if (modes.sendFocusMode) text += "\x1b[?1004h";
  if (!modes.wraparoundMode) text += "\x1b[?7l";
  text += mouseTracking[modes.mouseTrackingMode] ?? "";
  text += mouseEncodings[internals.coreMouseService.activeEncoding] ?? "";
  if (internals.coreService.isCursorHidden) text += "\x1b[?25l";
  return modes.synchronizedOutputMode ? text : text + end;
}

/** Written from the top so that it scrolls away line by line, and nothing else does. */
function drawScrollback(terminal: Terminal): string {
  const { rows } = terminal;
  const buffer = terminal.buffer.normal;
  const count = buffer.baseY;
  if (count === 0) return "";
  let text = "";
  for (let row = 0; row < count; row++) text += `${drawRow(terminal, buffer, row)}\r\n`;
  return `${text}\x1b[${rows};1H${"\n".repeat(Math.min(count, rows - 1))}`;
}

function drawRows(terminal: Terminal, buffer: IBuffer): string {
  let text = "";
  for (let row = 0; row < terminal.rows; row++) {
    const line = drawRow(terminal, buffer, buffer.baseY + row);
    if (line !== "") text += place(row, 0) + line;
  }
  return text;
}

/** One line, without the blank cells that a cleared line has anyway. */
function drawRow(terminal: Terminal, buffer: IBuffer, row: number): string {
  const line = buffer.getLine(row);
  if (line === undefined) return "";
  const cell = buffer.getNullCell();
  let text = "";
  let pen = "";
  let link = 0;
  let at = 0;
  for (let column = 0; column < line.length; column++) {
    line.getCell(column, cell);
    const width = cell.getWidth();
    // Half of a wide glyph has no shape of its own: without wrapping a program can write over the other one.
    const isTorn = width === 2 && line.getCell(column + 1)?.getWidth() !== 0;
    const characters = isTorn ? " " : cell.getChars() || " ";
    if (width === 0 || (characters === " " && cell.isAttributeDefault())) continue;
    // A sequence in between also keeps characters apart that would join to one cluster.
    if (at !== column || characters.length > 1 || characters > "~") text += `\x1b[${column + 1}G`;
    const wanted = penSequence(cell);
    if (wanted !== pen) text += wanted;
    pen = wanted;
    const linked = linkNumber(cell);
    if (linked !== link) text += openLink(terminal, linked);
    link = linked;
    text += characters;
    at = column + (isTorn ? 1 : width);
  }
  if (link !== 0) text += closeLink;
  return pen === "" || pen === plain ? text : text + plain;
}

const closeLink = "\x1b]8;;\x1b\\";

function openLink(terminal: Terminal, number: number): string {
  const link = linkOf(terminal, number);
  if (link === undefined) return number === 0 ? closeLink : "";
  return `\x1b]8;${link.id === "" ? "" : `id=${link.id}`};${link.uri}\x1b\\`;
}

function drawCursor(buffer: IBuffer, columns: number, top: number): string {
  const { cursorX, cursorY } = buffer;
  if (cursorX < columns) return place(cursorY - top, cursorX);
  // Behind the last column a wrap is pending; only writing the last character again brings that about.
  const line = buffer.getLine(buffer.baseY + cursorY);
  const last = line?.getCell(columns - 1);
  const column = last?.getWidth() === 0 ? columns - 2 : columns - 1;
  const cell = line?.getCell(column);
  if (cell === undefined) return place(cursorY - top, columns - 1);
  return place(cursorY - top, column) + penSequence(cell) + (cell.getChars() || " ");
}

const place = (row: number, column: number): string => `\x1b[${row + 1};${column + 1}H`;

const plain = "\x1b[0m";

function penSequence(pen: Pen): string {
  const codes = ["0"];
  if (pen.isBold()) codes.push("1");
  if (pen.isDim()) codes.push("2");
  if (pen.isItalic()) codes.push("3");
  if (isUnderlined(pen)) codes.push("4");
  if (pen.isBlink()) codes.push("5");
  if (pen.isInverse()) codes.push("7");
  if (pen.isInvisible()) codes.push("8");
  if (pen.isStrikethrough()) codes.push("9");
  if (pen.isOverline()) codes.push("53");
  codes.push(...colourCodes(pen.getFgColorMode(), pen.getFgColor(), 30));
  codes.push(...colourCodes(pen.getBgColorMode(), pen.getBgColor(), 40));
  return `\x1b[${codes.join(";")}m`;
}

// The emulator's colour modes.
const named = 0x1000000;
const palette = 0x2000000;
const direct = 0x3000000;

function colourCodes(mode: number, value: number, base: 30 | 40): readonly string[] {
  switch (mode) {
    case named:
      return [String(value < 8 ? base + value : base + 52 + value)];
    case palette:
      return [`${base + 8};5;${value}`];
    case direct:
      return [`${base + 8};2;${rgb(value)}`];
    default:
      return [];
  }
}

const rgb = (value: number): string => `${value >> 16};${(value >> 8) & 0xff};${value & 0xff}`;
