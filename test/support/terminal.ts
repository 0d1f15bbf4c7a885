import { SerializeAddon } from "@xterm/addon-serialize";
import { UnicodeGraphemesAddon } from "@xterm/addon-unicode-graphemes";
import xterm from "@xterm/headless";
import { hardenTerminal } from "../../src/agents/sessions/harden-terminal.ts";
import { openPty, type Pty } from "../../src/agents/sessions/pty.ts";
import { cellsOf } from "./cells-of.ts";
import { waitFor } from "./wait-for.ts";

export interface TerminalOptions {
  readonly cwd?: string;
  /** The child's whole environment; by default a clean one with PATH, HOME and a UTF-8 locale. */
  readonly env?: Readonly<Record<string, string>>;
  readonly columns?: number;
  readonly rows?: number;
  /** Gets everything that the program writes, too. */
  readonly mirror?: (bytes: Uint8Array) => void;
}

const keys: Readonly<Record<string, string>> = {
  enter: "\r",
  escape: "\x1b",
  tab: "\t",
  "shift-tab": "\x1b[Z",
  backspace: "\x7f",
  space: " ",
  up: "\x1b[A",
  down: "\x1b[B",
  right: "\x1b[C",
  left: "\x1b[D",
  home: "\x1b[H",
  end: "\x1b[F",
  pageup: "\x1b[5~",
  pagedown: "\x1b[6~",
  delete: "\x1b[3~",
  "ctrl-]": "\x1d",
  "ctrl-\\": "\x1c",
};

/** A program in a real pseudo-terminal with a headless screen: what a person would see and type. */
export class TestTerminal {
  readonly #pty: Pty;
  readonly #terminal: xterm.Terminal;
  readonly #serializer = new SerializeAddon();
  readonly #raw: Uint8Array[] = [];
  #exit: { readonly code: number; readonly signal: number } | undefined;

  constructor(command: string, args: readonly string[], options: TerminalOptions = {}) {
    const columns = options.columns ?? 120;
    const rows = options.rows ?? 35;
    this.#terminal = new xterm.Terminal({ cols: columns, rows, scrollback: 2000, allowProposedApi: true });
    // The add-on is typed for the browser's Terminal; it uses only what both have.
    this.#terminal.loadAddon(this.#serializer as unknown as xterm.ITerminalAddon);
    this.#terminal.loadAddon(new UnicodeGraphemesAddon());
    this.#terminal.unicode.activeVersion = "15-graphemes";
    hardenTerminal(this.#terminal);
    this.#pty = openPty({
      argv: [command, ...args],
      columns,
      rows,
      cwd: options.cwd ?? process.cwd(),
      env: options.env ?? cleanEnvironment(),
      onData: (bytes) => {
        this.#raw.push(bytes);
        options.mirror?.(bytes);
        this.#terminal.write(bytes);
      },
      onExit: (exit) => {
        this.#exit = exit;
      },
    });
    this.#terminal.onData((reply) => {
      if (this.#exit === undefined) this.#pty.write(reply);
    });
  }

  /** The program is not in the middle of drawing a frame (synchronised output). */
  get isWhole(): boolean {
    return !this.#terminal.modes.synchronizedOutputMode;
  }

  get columns(): number {
    return this.#terminal.cols;
  }

  get rows(): number {
    return this.#terminal.rows;
  }

  get pid(): number {
    return this.#pty.pid;
  }

  /** Exit status, or undefined while the program runs. */
  get exit(): { readonly code: number; readonly signal: number } | undefined {
    return this.#exit;
  }

  /** Everything that the program wrote, as it was. */
  get output(): string {
    return Buffer.concat(this.#raw).toString("utf8");
  }

  /** Whether the alternate screen is on. */
  get alternate(): boolean {
    return this.#terminal.buffer.active.type === "alternate";
  }

  get modes(): xterm.IModes {
    return this.#terminal.modes;
  }

  get cursor(): { readonly x: number; readonly y: number } {
    const { cursorX, cursorY } = this.#terminal.buffer.active;
    return { x: cursorX, y: cursorY };
  }

  /** Lines of the visible screen, without trailing blanks. */
  get lines(): readonly string[] {
    const buffer = this.#terminal.buffer.active;
    return Array.from(
      { length: this.#terminal.rows },
      (_, row) => buffer.getLine(buffer.baseY + row)?.translateToString(true) ?? "",
    );
  }

  get screen(): string {
    return this.lines.join("\n");
  }

  /** The visible screen with colours and attributes, for comparing two terminals. */
  get styled(): string {
    return this.#serializer.serialize({ scrollback: 0 });
  }

  /** Every cell of the visible screen with its looks. */
  get cells(): readonly string[] {
    return cellsOf(this.#terminal);
  }

  type(text: string): this {
    this.#pty.write(text);
    return this;
  }

  /** Named keys: `enter`, `ctrl-]`, `ctrl-c`, `alt-1`, `up`, ... or a single character. */
  press(...names: readonly string[]): this {
    for (const name of names) this.#pty.write(keyBytes(name));
    return this;
  }

  /** A report of the left button, at a cell counted from 0, as terminals send it in SGR mode. */
  mouse(action: "press" | "drag" | "release", x: number, y: number): this {
    const code = action === "drag" ? 32 : 0;
    return this.type(`\x1b[<${code};${x + 1};${y + 1}${action === "release" ? "m" : "M"}`);
  }

  /** The first cell of a text on the visible screen. */
  placeOf(text: string): { readonly x: number; readonly y: number } {
    const y = this.lines.findIndex((line) => line.includes(text));
    if (y === -1) throw new Error(`"${text}" is not on the screen:\n${this.screen}`);
    const buffer = this.#terminal.buffer.active;
    const before = (this.lines[y] ?? "").indexOf(text);
    for (let x = 0, read = 0; x < this.#terminal.cols; x++) {
      if (read >= before) return { x, y };
      const cell = buffer.getLine(buffer.baseY + y)?.getCell(x);
      read += cell?.getWidth() === 0 ? 0 : Math.max(1, cell?.getChars().length ?? 1);
    }
    throw new Error(`"${text}" has no cell`);
  }

  /** The first line of which something is drawn inverse, as a selected row is; its text is empty when there is none. */
  get highlighted(): { readonly text: string; readonly y: number } {
    const buffer = this.#terminal.buffer.active;
    for (let y = 0; y < this.#terminal.rows; y++) {
      const line = buffer.getLine(buffer.baseY + y);
      let text = "";
      for (let x = 0; x < this.#terminal.cols; x++) {
        const cell = line?.getCell(x);
        if (cell?.isInverse()) text += cell.getWidth() === 0 ? "" : cell.getChars() || " ";
      }
      if (text.trim() !== "") return { text, y };
    }
    return { text: "", y: -1 };
  }

  /** What the program put on the clipboard last (OSC 52). */
  clipboard(): string {
    const copied = [...this.output.matchAll(/\x1b\]52;c;([\w+/=]+)\x07/g)].at(-1)?.[1] ?? "";
    return Buffer.from(copied, "base64").toString("utf8");
  }

  resize(columns: number, rows: number): this {
    this.#terminal.resize(columns, rows);
    this.#pty.resize(columns, rows);
    return this;
  }

  kill(signal: NodeJS.Signals = "SIGKILL"): void {
    if (this.#exit === undefined) process.kill(this.#pty.pid, signal);
  }

  /** Waits until the screen shows the text (or matches, or satisfies the function). */
  async waitForText(
    wanted: string | RegExp | ((screen: string) => boolean),
    timeoutMs = 40_000,
  ): Promise<string> {
    const found = (): boolean => this.isWhole && isOnScreen();
    const isOnScreen = (): boolean =>
      typeof wanted === "string"
        ? this.screen.includes(wanted)
        : wanted instanceof RegExp
          ? wanted.test(this.screen)
          : wanted(this.screen);
    try {
      await waitFor(found, { timeoutMs, what: String(wanted) });
    } catch (error) {
      const state = this.#exit === undefined ? "running" : `exited with ${this.#exit.code}`;
      throw new Error(`${(error as Error).message}; the program is ${state}, its screen:\n${this.screen}`);
    }
    return this.screen;
  }

  async waitForExit(timeoutMs = 40_000): Promise<number> {
    await waitFor(() => this.#exit, { timeoutMs, what: `the program to exit; screen:\n${this.screen}` });
    return this.#exit?.code ?? -1;
  }

  dispose(): void {
    this.kill();
    this.#terminal.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

export function openTerminal(
  command: string,
  args: readonly string[] = [],
  options: TerminalOptions = {},
): TestTerminal {
  return new TestTerminal(command, args, options);
}

/** What a person's terminal would hand over, without anything that the test runner added. */
export function cleanEnvironment(extra: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    HOME: process.env["HOME"] ?? "/",
    LANG: "C.UTF-8",
    TERM: "xterm-256color",
    COLORTERM: "truecolor",
    ...extra,
  };
}

/** What a terminal sends for a key. */
export function keyBytes(name: string): string {
  const known = keys[name];
  if (known !== undefined) return known;
  const control = /^ctrl-([a-z])$/.exec(name)?.[1];
  if (control !== undefined) return String.fromCharCode(control.charCodeAt(0) - 96);
  const alt = /^alt-(.)$/.exec(name)?.[1];
  if (alt !== undefined) return `\x1b${alt}`;
  if ([...name].length === 1) return name;
  throw new Error(`no key is called "${name}"`);
}
