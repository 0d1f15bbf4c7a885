import type { Style } from "./style.ts";

/** Where a command's results go: one place that knows about JSON, colour and width (spec/07 §1.4). */
export interface Output {
  readonly json: boolean;
  /** Colour is on for stdout. */
  readonly colour: boolean;
  /** Columns of the terminal, or undefined when stdout is not one. */
  readonly width: number | undefined;
  /** Colours by meaning; plain text when colour is off. */
  readonly style: Style;
  /** A line of results on stdout. Ignored with `--json`. Text from outside must be sanitised by the caller. */
  line(text?: string): void;
  /** Text that is the result as it stands (a script, a document), with or without `--json` and without a newline added. */
  raw(text: string): void;
  /** The one JSON document of the command on stdout. Ignored without `--json`. */
  document(value: unknown): void;
  /** One compact JSON object per line, for streams. */
  record(value: unknown): void;
  /** `✓ text` on stdout. */
  done(text: string): void;
  /** `✗ text` on stdout. */
  failed(text: string): void;
  /** `⚠ text` on stdout. */
  caution(text: string): void;
  /** `→ text` on stdout. */
  next(text: string): void;
  /** `warning: text` on stderr. */
  warn(text: string): void;
  /** A line on stderr about something that failed while the command goes on with the rest. */
  error(text: string): void;
  /** Progress and hints on stderr; silent with `--quiet`. */
  note(text: string): void;
  /** Bold header, rule, columns sized to content and cut to the terminal (spec/07 §1.4). */
  table(columns: readonly string[], rows: readonly (readonly string[])[]): void;
  /** Writes out what is pending, before another program takes over the terminal. */
  flush(): void;
  /** From here on the text is long reading matter and may go through the pager (spec/07 §1.7). */
  page(): void;
}
