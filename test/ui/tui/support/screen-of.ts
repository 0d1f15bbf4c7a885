import { UnicodeGraphemesAddon } from "@xterm/addon-unicode-graphemes";
import xterm from "@xterm/headless";

/** A terminal as the person's: shows what the compositor wrote. Widths are those of modern terminals. */
export class Screen {
  readonly terminal: xterm.Terminal;

  constructor(columns: number, rows: number) {
    this.terminal = new xterm.Terminal({ cols: columns, rows, scrollback: 0, allowProposedApi: true });
    this.terminal.loadAddon(new UnicodeGraphemesAddon());
    this.terminal.unicode.activeVersion = "15-graphemes";
  }

  write(bytes: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => this.terminal.write(bytes, resolve));
  }

  /** Every cell as text with colours and attributes, for comparing two screens. */
  cells(): readonly string[] {
    const buffer = this.terminal.buffer.active;
    const cells: string[] = [];
    for (let row = 0; row < this.terminal.rows; row++) {
      const line = buffer.getLine(buffer.viewportY + row);
      for (let column = 0; column < this.terminal.cols; column++) {
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
        ].map((isSet) => (isSet ? 1 : 0));
        const text = cell.getWidth() === 0 ? "" : cell.getChars() || " ";
        cells.push(`${row},${column} ${JSON.stringify(text)} ${colour} ${attributes.join("")}`);
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
