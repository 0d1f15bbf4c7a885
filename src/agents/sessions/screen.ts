import { UnicodeGraphemesAddon } from "@xterm/addon-unicode-graphemes";
import xterm from "@xterm/headless";
import { hardenTerminal } from "./harden-terminal.ts";
import { ParseTurns, type ScreenTurns } from "./parse-turns.ts";
import type { ScreenText } from "./session-host.ts";
import { drawPicture, drawSnapshot } from "./snapshot.ts";
import { unfinishedSequence } from "./unfinished-sequence.ts";

/** Lines above the screen that are kept for each session. */
const scrollbackLines = 1000;

/** All screens of this process: they share its one thread. */
const turns = new ParseTurns();

/** What the emulator does not offer: to parse at once, and whether its parser is at rest, which is state 0. */
interface ParserInternals {
  writeSync(bytes: Uint8Array): void;
  readonly _inputHandler: { readonly _parser: { readonly currentState: number } };
}

/** A headless terminal that holds what a program has drawn. */
export class Screen {
  readonly #terminal: xterm.Terminal;
  readonly #core: ParserInternals;
  readonly #turns: ScreenTurns;
  /** What the emulator has read of a sequence or a character whose end has not come yet. */
  #unfinished: Uint8Array = new Uint8Array(0);

  constructor(columns: number, rows: number, onReply: (text: string) => void) {
    this.#terminal = new xterm.Terminal({
      cols: columns,
      rows,
      scrollback: scrollbackLines,
      allowProposedApi: true,
      logLevel: "off",
    });
    // Programs count an emoji or a cluster as two columns; the emulator's own tables are from before emoji.
    this.#terminal.loadAddon(new UnicodeGraphemesAddon() as unknown as xterm.ITerminalAddon);
    this.#terminal.unicode.activeVersion = "15-graphemes";
    hardenTerminal(this.#terminal);
    // Answers to questions that the program asks its terminal, such as "where is the cursor?".
    this.#terminal.onData(onReply);
    this.#core = (this.#terminal as unknown as { readonly _core: ParserInternals })._core;
    this.#turns = turns.join((bytes) => this.#parse(bytes));
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
    this.#turns.write(bytes, parsed);
  }

  /** Runs `then` when everything written so far is on the screen. */
  settle(then: () => void): void {
    this.#turns.settle(then);
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
    const buffer = this.#terminal.buffer.active;
    const { cursorX, cursorY } = buffer;
    const lines = this.lines(scrollback);
    const first = buffer.baseY + this.#terminal.rows - lines.length;
    return {
      lines,
      wrapped: [...lines.keys()].filter((index) => buffer.getLine(first + index)?.isWrapped === true),
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

  /** Bytes that bring another terminal of this size to the same state. */
  snapshot(): Buffer {
    return Buffer.concat([Buffer.from(drawSnapshot(this.#terminal)), this.#unfinished]);
  }

  /** Bytes that bring another terminal of this size to show the same screen, with an empty scrollback. */
  picture(): Buffer {
    return Buffer.from(drawPicture(this.#terminal));
  }

  dispose(): void {
    this.#turns.leave();
    this.#terminal.dispose();
  }

  #parse(bytes: Uint8Array): void {
    this.#core.writeSync(bytes);
    const isInSequence = this.#core._inputHandler._parser.currentState !== 0;
    this.#unfinished = unfinishedSequence(this.#unfinished, bytes, isInSequence);
  }
}
