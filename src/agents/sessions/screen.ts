import { SerializeAddon } from "@xterm/addon-serialize";
import { UnicodeGraphemesAddon } from "@xterm/addon-unicode-graphemes";
import xterm from "@xterm/headless";
import type { ScreenText } from "./session-host.ts";

/** Lines above the screen that are kept for each session. */
const scrollbackLines = 1000;

/** What the emulator knows but does not offer; a test compares every part of a snapshot with a reference terminal. */
interface Internals {
  readonly coreService: { readonly isCursorHidden: boolean };
  readonly coreMouseService: { readonly activeEncoding: string };
  readonly buffer: { readonly scrollTop: number; readonly scrollBottom: number };
}

const mouseEncodings: Readonly<Record<string, string>> = { SGR: "\x1b[?1006h", SGR_PIXELS: "\x1b[?1016h" };
const mouseTracking: Readonly<Record<string, string>> = {
  x10: "\x1b[?9h",
  vt200: "\x1b[?1000h",
  drag: "\x1b[?1002h",
  any: "\x1b[?1003h",
};

/** Brings any terminal of the same size to its first state, without ringing or leaving anything in its scrollback. */
const resetTerminal = "\x1b[?1049l\x1bc\x1b[3J";

/** A headless terminal that holds what a program has drawn. */
export class Screen {
  readonly #terminal: xterm.Terminal;
  readonly #serializer = new SerializeAddon();
  readonly #internals: Internals;

  constructor(columns: number, rows: number, onReply: (text: string) => void) {
    this.#terminal = new xterm.Terminal({
      cols: columns,
      rows,
      scrollback: scrollbackLines,
      allowProposedApi: true,
      logLevel: "off",
    });
    // The add-on is typed for the browser's Terminal; it uses only what both have.
    this.#terminal.loadAddon(this.#serializer as unknown as xterm.ITerminalAddon);
    // Programs count an emoji or a cluster as two columns; the emulator's own tables are from before emoji.
    this.#terminal.loadAddon(new UnicodeGraphemesAddon() as unknown as xterm.ITerminalAddon);
    this.#terminal.unicode.activeVersion = "15-graphemes";
    this.#internals = (this.#terminal as unknown as { readonly _core: Internals })._core;
    // Answers to questions that the program asks its terminal, such as "where is the cursor?".
    this.#terminal.onData(onReply);
  }

  get columns(): number {
    return this.#terminal.cols;
  }

  get rows(): number {
    return this.#terminal.rows;
  }

  get bracketedPaste(): boolean {
    return this.#terminal.modes.bracketedPasteMode;
  }

  /** Feeds bytes; `parsed` runs in order, when the screen shows exactly what came before. */
  write(bytes: Uint8Array, parsed: () => void): void {
    this.#terminal.write(bytes, parsed);
  }

  /** Runs `then` when everything written so far is on the screen. */
  settle(then: () => void): void {
    this.#terminal.write("", then);
  }

  resize(columns: number, rows: number): void {
    this.#terminal.resize(columns, rows);
  }

  /** Lines of the visible screen without trailing blanks. */
  lines(scrollback = 0): readonly string[] {
    const buffer = this.#terminal.buffer.active;
    const first = Math.max(0, buffer.baseY - scrollback);
    const count = buffer.baseY + this.#terminal.rows - first;
    return Array.from(
      { length: count },
      (_, index) => buffer.getLine(first + index)?.translateToString(true) ?? "",
    );
  }

  text(scrollback: number): ScreenText {
    const { cursorX, cursorY } = this.#terminal.buffer.active;
    return {
      lines: this.lines(scrollback),
      columns: this.#terminal.cols,
      rows: this.#terminal.rows,
      cursor: { x: cursorX, y: cursorY },
    };
  }

  /**
   * Unsent text behind the prompt; empty when there is none or no prompt is known. Dim text is a placeholder, and a
   * single inverse cell before it the cursor of a program that draws its own.
   */
  draft(prompt: string | undefined): string {
    if (prompt === undefined || prompt === "") return "";
    const buffer = this.#terminal.buffer.active;
    for (let row = this.#terminal.rows - 1; row >= 0; row--) {
      const line = buffer.getLine(buffer.baseY + row);
      const text = line?.translateToString(true) ?? "";
      const at = text.replaceAll("\u00a0", " ").search(/[^\s\u2500-\u257f]/);
      if (line === undefined || at < 0 || !text.startsWith(prompt, at)) continue;
      let draft = "";
      let hasPlaceholder = false;
      for (let column = at + prompt.length; column < this.#terminal.cols; column++) {
        const cell = line.getCell(column);
        if (cell === undefined) break;
        if (cell.isDim() !== 0) hasPlaceholder = true;
        else draft += cell.getChars();
      }
      const trimmed = draft.replace(/[\s\u00a0\u2500-\u257f]+/g, " ").trim();
      return hasPlaceholder && trimmed.length <= 1 ? "" : trimmed;
    }
    return "";
  }

  /** Bytes that bring another terminal of this size to the same state: cells, colours, modes, margins and cursor. */
  snapshot(): Buffer {
    const { modes } = this.#terminal;
    const { scrollTop, scrollBottom } = this.#internals.buffer;
    const { cursorX, cursorY } = this.#terminal.buffer.active;
    let text = resetTerminal + this.#serializer.serialize({ excludeModes: true });
    const hasMargins = scrollTop !== 0 || scrollBottom !== this.#terminal.rows - 1;
    if (hasMargins) text += `\x1b[${scrollTop + 1};${scrollBottom + 1}r`;
    if (modes.originMode) text += "\x1b[?6h";
    // Setting margins or origin mode moves the cursor; only then it is put back, for that ends a pending wrap.
    if (hasMargins || modes.originMode)
      text += `\x1b[${cursorY + 1 - (modes.originMode ? scrollTop : 0)};${cursorX + 1}H`;
    if (modes.applicationCursorKeysMode) text += "\x1b[?1h";
    if (modes.applicationKeypadMode) text += "\x1b=";
    if (modes.bracketedPasteMode) text += "\x1b[?2004h";
    if (modes.insertMode) text += "\x1b[4h";
    if (modes.reverseWraparoundMode) text += "\x1b[?45h";
    if (modes.sendFocusMode) text += "\x1b[?1004h";
    if (!modes.wraparoundMode) text += "\x1b[?7l";
    text += mouseTracking[modes.mouseTrackingMode] ?? "";
    text += mouseEncodings[this.#internals.coreMouseService.activeEncoding] ?? "";
    if (this.#internals.coreService.isCursorHidden) text += "\x1b[?25l";
    return Buffer.from(text);
  }

  dispose(): void {
    this.#terminal.dispose();
  }
}
