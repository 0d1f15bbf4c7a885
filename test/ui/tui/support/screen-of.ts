import { UnicodeGraphemesAddon } from "@xterm/addon-unicode-graphemes";
import xterm from "@xterm/headless";

/** A terminal as the person's: shows what the compositor wrote. Widths are those of modern terminals. */
export class Screen {
  readonly terminal: xterm.Terminal;

  constructor(columns: number, rows: number) {
    this.terminal = new xterm.Terminal({
      cols: columns,
      rows,
      scrollback: 0,
      logLevel: "off",
      allowProposedApi: true,
    });
    this.terminal.loadAddon(new UnicodeGraphemesAddon());
    this.terminal.unicode.activeVersion = "15-graphemes";
  }

  write(bytes: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => this.terminal.write(bytes, resolve));
  }

  /** Every cell as text with colours and attributes, for comparing two screens. */
  cells(area = { x: 0, y: 0, width: this.terminal.cols, height: this.terminal.rows }): readonly string[] {
    const buffer = this.terminal.buffer.active;
    const cells: string[] = [];
    for (let row = area.y; row < area.y + area.height; row++) {
      const line = buffer.getLine(buffer.viewportY + row);
      for (let column = area.x; column < area.x + area.width; column++) {
        const cell = line?.getCell(column);
        if (cell === undefined) continue;
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
        // A mark without its base has no shape of its own, nor has a half of a wide glyph without the other.
        const isHalf = cell.getWidth() === 0 && line?.getCell(column - 1)?.getWidth() === 2;
        const isTorn = cell.getWidth() === 2 && line?.getCell(column + 1)?.getWidth() !== 0;
        const shown = cell.getChars().replace(/^[\u200d\ufe0e\ufe0f\p{M}].*/u, "") || " ";
        const text = isHalf ? "" : isTorn || cell.getWidth() === 0 ? " " : shown;
        cells.push(
          `${row - area.y},${column - area.x} ${JSON.stringify(text)} ${colour} ${attributes.join("")}`,
        );
      }
    }
    return cells;
  }

  lines(): readonly string[] {
    const buffer = this.terminal.buffer.active;
    return Array.from(
      { length: this.terminal.rows },
      (_, row) => buffer.getLine(buffer.viewportY + row)?.translateToString(true) ?? "",
    );
  }
}
