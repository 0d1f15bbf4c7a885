import { UnicodeGraphemesAddon } from "@xterm/addon-unicode-graphemes";
import xterm from "@xterm/headless";
import { cellsOf } from "../../../support/cells-of.ts";

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
  cells(area?: Parameters<typeof cellsOf>[1]): readonly string[] {
    return cellsOf(this.terminal, area);
  }

  lines(): readonly string[] {
    const buffer = this.terminal.buffer.active;
    return Array.from(
      { length: this.terminal.rows },
      (_, row) => buffer.getLine(buffer.viewportY + row)?.translateToString(true) ?? "",
    );
  }
}
