import type { Terminal } from "@xterm/headless";

/** A cell of a terminal's buffer: `line` counts from the oldest line of the scrollback. */
export interface BufferPlace {
  readonly line: number;
  readonly column: number;
}

/** Selected text: from the earlier to the later cell, both included. */
export interface Selection {
  readonly first: BufferPlace;
  readonly last: BufferPlace;
}

/** What lies between two cells, whichever comes first. */
export function selectionBetween(one: BufferPlace, other: BufferPlace): Selection {
  const isInOrder = one.line < other.line || (one.line === other.line && one.column <= other.column);
  return isInOrder ? { first: one, last: other } : { first: other, last: one };
}

/** Columns of a line that are selected, the end excluded; undefined when none is. */
export function selectedColumns(
  { first, last }: Selection,
  line: number,
  columns: number,
): readonly [from: number, to: number] | undefined {
  if (line < first.line || line > last.line) return undefined;
  return [line === first.line ? first.column : 0, line === last.line ? last.column + 1 : columns];
}

/** The selected text as a person would have typed it: wrapped lines are one, and blanks at the ends are gone. */
export function selectedText(terminal: Terminal, selection: Selection): string {
  const buffer = terminal.buffer.active;
  let text = "";
  for (let line = selection.first.line; line <= selection.last.line; line++) {
    const columns = selectedColumns(selection, line, terminal.cols);
    const found = buffer.getLine(line);
    if (columns === undefined || found === undefined) continue;
    if (line > selection.first.line && !found.isWrapped) text += "\n";
    const isContinued = line < selection.last.line && buffer.getLine(line + 1)?.isWrapped === true;
    text += found.translateToString(!isContinued, ...columns);
  }
  return text.replace(/ +$/gm, "");
}

/**
 * The nearest place where `wanted` stands in the buffer, from `from` (excluded) towards older (`-1`) or newer lines (`1`),
 * and on from the other end when there is none. A capital makes it exact. Text that wraps from line to line is not joined.
 */
export function findText(
  terminal: Terminal,
  wanted: string,
  from: BufferPlace,
  direction: 1 | -1,
): Selection | undefined {
  if (wanted === "") return undefined;
  const buffer = terminal.buffer.active;
  const isExact = wanted !== wanted.toLowerCase();
  const needle = isExact ? wanted : wanted.toLowerCase();
  const count = buffer.length;
  for (let step = 0; step <= count; step++) {
    const line = (((from.line + direction * step) % count) + count) % count;
    const text = buffer.getLine(line)?.translateToString(true) ?? "";
    const hay = isExact ? text : text.toLowerCase();
    const bound = step === 0 ? from.column : undefined;
    const at =
      direction === 1
        ? hay.indexOf(needle, bound === undefined ? 0 : bound + 1)
        : bound === 0
          ? -1
          : hay.lastIndexOf(needle, bound === undefined ? Number.POSITIVE_INFINITY : bound - 1);
    if (at === -1) continue;
    const column = columnOf(terminal, line, at);
    const last = columnOf(terminal, line, at + needle.length) - 1;
    return { first: { line, column }, last: { line, column: Math.max(column, last) } };
  }
  return undefined;
}

/** The column of a character of a line's text: wide and joined characters make the two differ. */
function columnOf(terminal: Terminal, line: number, index: number): number {
  const found = terminal.buffer.active.getLine(line);
  let left = index;
  for (let column = 0; column < terminal.cols; column++) {
    if (left <= 0) return column;
    const cell = found?.getCell(column);
    if (cell === undefined) return column;
    // An empty cell reads as a blank; the right half of a wide one as nothing.
    left -= cell.getWidth() === 0 ? 0 : Math.max(1, cell.getChars().length);
  }
  return terminal.cols;
}
