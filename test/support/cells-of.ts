import type { IBufferCell, Terminal } from "@xterm/headless";

interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Every cell of a terminal's screen as text with colours and attributes, for comparing two screens. */
export function cellsOf(
  terminal: Terminal,
  area: Area = { x: 0, y: 0, width: terminal.cols, height: terminal.rows },
): readonly string[] {
  const buffer = terminal.buffer.active;
  const cells: string[] = [];
  for (let row = area.y; row < area.y + area.height; row++) {
    const line = buffer.getLine(buffer.viewportY + row);
    for (let column = area.x; column < area.x + area.width; column++) {
      const cell = line?.getCell(column);
      if (cell === undefined) continue;
      // A mark without its base has no shape of its own, nor has a half of a wide glyph without the other.
      const isHalf = cell.getWidth() === 0 && line?.getCell(column - 1)?.getWidth() === 2;
      const isTorn = cell.getWidth() === 2 && line?.getCell(column + 1)?.getWidth() !== 0;
      const shown = cell.getChars().replace(/^[\u200d\ufe0e\ufe0f\p{M}].*/u, "") || " ";
      const text = isHalf ? "" : isTorn || cell.getWidth() === 0 ? " " : shown;
      cells.push(`${row - area.y},${column - area.x} ${JSON.stringify(text)} ${looksOf(cell)}`);
    }
  }
  return cells;
}

function looksOf(cell: IBufferCell): string {
  const colour = `${cell.getFgColorMode()}:${cell.getFgColor()}/${cell.getBgColorMode()}:${cell.getBgColor()}`;
  const attributes = [
    cell.isBold(),
    cell.isDim(),
    cell.isItalic(),
    cell.isUnderline(),
    cell.isInverse(),
    cell.isInvisible(),
    cell.isStrikethrough(),
    cell.isOverline(),
    cell.isBlink(),
  ].map((isSet) => (isSet ? 1 : 0));
  return `${colour} ${attributes.join("")}`;
}
