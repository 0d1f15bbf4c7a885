import { fstatSync, writeSync } from "node:fs";
import { isAgentMode } from "./agent-mode.ts";
import { toAscii, wantsAscii } from "./ascii.ts";
import { colourDepth, colourTheme } from "./colour.ts";
import type { Output } from "./output.ts";
import { createStyle, type Style } from "./style.ts";

export interface OutputOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly json: boolean;
  readonly plain: boolean;
  readonly quiet: boolean;
  readonly colour?: "auto" | "always" | "never";
  /** How documents are framed; `bd` adds a version and always indents (spec/01 §10.1). */
  readonly document?: (value: unknown) => string;
}

/** The process's own stdout and stderr. */
export class StandardOutput implements Output {
  readonly json: boolean;
  readonly colour: boolean;
  readonly style: Style;
  /** Style of stderr, which may be a terminal while stdout is not. */
  readonly errorStyle: Style;
  readonly #quiet: boolean;
  readonly #ascii: boolean;
  readonly #isTty: boolean;
  readonly #document: (value: unknown) => string;
  #pending = "";
  #hasDocument = false;
  readonly #messages: string[] = [];
  #flushScheduled = false;
  #paged: { readonly env: NodeJS.ProcessEnv } | undefined;
  readonly #pageEnv: NodeJS.ProcessEnv | undefined;

  constructor(options: OutputOptions) {
    const { env, json, plain } = options;
    const agentMode = isAgentMode(env);
    const flag = json || plain ? "never" : (options.colour ?? "auto");
    this.#isTty = isTerminal(1);
    const depth = colourDepth({ env, isTty: this.#isTty, flag, agentMode });
    this.json = json;
    this.colour = depth !== "none";
    this.style = createStyle(depth, colourTheme(env));
    const errorDepth = colourDepth({ env, isTty: isTerminal(2), flag, agentMode });
    this.errorStyle = createStyle(errorDepth, colourTheme(env));
    this.#quiet = options.quiet;
    this.#ascii = wantsAscii(env);
    this.#pageEnv = this.#isTty && !json && !plain && !agentMode && !env["GT_NO_PAGER"] ? env : undefined;
    this.#document = options.document ?? ((value) => stringify(value, this.#isTty ? 2 : 0));
  }

  get width(): number | undefined {
    return this.#isTty ? process.stdout.columns : undefined;
  }

  line(text = ""): void {
    if (this.json) return;
    this.#write(`${this.#ascii ? toAscii(text) : text}\n`);
  }

  raw(text: string): void {
    this.#hasDocument = true;
    this.#write(text);
  }

  document(value: unknown): void {
    if (!this.json) return;
    this.#hasDocument = true;
    this.#write(`${this.#document(value)}\n`);
  }

  /** The document of a command that has no shape of its own and printed none (spec/07 §1.4). */
  acknowledge(action: string): void {
    if (!this.json || this.#hasDocument) return;
    const message = this.#messages.join("; ");
    this.document({ ok: true, action, ...(message === "" ? {} : { message }) });
  }

  record(value: unknown): void {
    this.#hasDocument = true;
    this.#write(`${stringify(value, 0)}\n`);
  }

  done(text: string): void {
    if (this.json) this.#messages.push(text);
    this.line(`${this.style.pass("✓")} ${text}`);
  }

  failed(text: string): void {
    this.line(`${this.style.failure("✗")} ${text}`);
  }

  caution(text: string): void {
    this.line(`${this.style.warning("⚠")} ${text}`);
  }

  next(text: string): void {
    this.line(`${this.style.accent("→")} ${text}`);
  }

  warn(text: string): void {
    this.error(`${this.errorStyle.warning("warning:")} ${text}`);
  }

  note(text: string): void {
    if (!this.#quiet) this.error(text);
  }

  table(columns: readonly string[], rows: readonly (readonly string[])[]): void {
    if (this.json) return;
    for (const line of tableLines(columns, rows, this.width, this.style)) this.line(line);
  }

  page(): void {
    if (this.#pageEnv !== undefined) this.#paged = { env: this.#pageEnv };
  }

  /** A line on stderr, behind everything that stdout has got so far. */
  error(text: string): void {
    this.flush();
    writeAll(2, `${this.#ascii ? toAscii(text) : text}\n`);
  }

  /** Drops what a failing command had not yet shown, so that the error is the only document. */
  discard(): void {
    this.#pending = "";
    this.#paged = undefined;
  }

  flush(): void {
    if (this.#pending === "" || this.#paged !== undefined) return;
    const text = this.#pending;
    this.#pending = "";
    writeAll(1, text);
  }

  /** Last call of a command: shows long text through the pager, everything else as it is. */
  async finish(): Promise<void> {
    if (this.#paged !== undefined && this.#pending.split("\n").length > (process.stdout.rows ?? 24)) {
      const { page } = await import("./pager.ts");
      if (page(this.#pending, this.#paged.env)) this.#pending = "";
    }
    this.#paged = undefined;
    this.flush();
  }

  #write(text: string): void {
    this.#pending += text;
    if (this.#pending.length > 1 << 16) this.flush();
    if (this.#flushScheduled || this.#pending === "") return;
    this.#flushScheduled = true;
    // Lines written in one go become one system call, and a command that waits has shown what it has so far.
    queueMicrotask(() => {
      this.#flushScheduled = false;
      this.flush();
    });
  }
}

/** Asked of the descriptor, so that commands in a pipe never set up the stream objects. */
export function isTerminal(descriptor: 0 | 1 | 2): boolean {
  try {
    // A pipe or a file is told apart without loading the terminal module.
    return (
      fstatSync(descriptor).isCharacterDevice() && process.getBuiltinModule("node:tty").isatty(descriptor)
    );
  } catch {
    // The descriptor is closed.
    return false;
  }
}

/** JSON whose text cannot move a terminal's cursor or turn its direction: such characters are escaped too (spec/07 §11.17). */
export function stringify(value: unknown, indent: 0 | 2): string {
  const text = JSON.stringify(value, undefined, indent);
  if (!/[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/.test(text)) return text;
  return text.replace(
    /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function writeAll(descriptor: 1 | 2, text: string): void {
  let rest: Uint8Array = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (error) {
      if (!(error instanceof Error && "code" in error)) throw error;
      // The reader went away: a quiet end (spec/07 §1.9). Nobody is left to be told.
      if (error.code === "EPIPE") process.exit(0);
      if (error.code !== "EAGAIN") return;
      // Someone made the pipe non-blocking and it is full: give the reader a moment.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}

function tableLines(
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  width: number | undefined,
  style: Style,
): readonly string[] {
  const widths = columns.map((column, index) =>
    Math.max(cells(column), ...rows.map((row) => cells(row[index] ?? ""))),
  );
  const total = () => widths.reduce((sum, one) => sum + one + 2, 0);
  if (width !== undefined && total() > width) {
    const widest = widths.indexOf(Math.max(...widths));
    widths[widest] = Math.max(8, (widths[widest] ?? 0) - (total() - width));
  }
  const line = (row: readonly string[]) =>
    `  ${columns.map((_, index) => fitCells(row[index] ?? "", widths[index] ?? 0)).join("  ")}`.trimEnd();
  return [
    style.bold(line(columns)),
    `  ${widths.map((one) => "─".repeat(one)).join("  ")}`,
    ...rows.map(line),
  ];
}

const sgr = /\u001b\[[\d;]*m/g;

/** Columns that a text takes on a terminal; colour takes none, wide characters take two. */
export function cells(text: string): number {
  const bare = text.replace(sgr, "");
  if (/^[\u0020-\u007e]*$/.test(bare)) return bare.length;
  let count = 0;
  for (const { segment } of new Intl.Segmenter().segment(bare)) count += isWide(segment) ? 2 : 1;
  return count;
}

function isWide(grapheme: string): boolean {
  return /\p{Emoji_Presentation}|\ufe0f|[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/u.test(
    grapheme,
  );
}

/** Padded to a width, or cut with `…`. */
export function fitCells(text: string, width: number): string {
  const own = cells(text);
  if (own <= width) return text + " ".repeat(width - own);
  const bare = text.replace(sgr, "");
  let kept = "";
  for (const { segment } of new Intl.Segmenter().segment(bare)) {
    if (cells(kept + segment) > width - 1) break;
    kept += segment;
  }
  return `${kept}…${" ".repeat(Math.max(0, width - 1 - cells(kept)))}`;
}
