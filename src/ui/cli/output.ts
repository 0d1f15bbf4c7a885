/** Where a command's results go: one place that knows about JSON, colour and width (spec/07 §1.4). */
export interface Output {
  readonly json: boolean;
  /** Colour is on for stdout. */
  readonly colour: boolean;
  /** Columns of the terminal, or undefined when stdout is not one. */
  readonly width: number | undefined;
  /** A line of results on stdout. Ignored with `--json`. Text from outside must be sanitised by the caller. */
  line(text?: string): void;
  /** The one JSON document of the command on stdout. Ignored without `--json`. */
  document(value: unknown): void;
  /** One compact JSON object per line, for streams. */
  record(value: unknown): void;
  /** `✓ text` on stdout. */
  done(text: string): void;
  /** `→ text` on stdout. */
  next(text: string): void;
  /** `warning: text` on stderr. */
  warn(text: string): void;
  /** Progress and hints on stderr. */
  note(text: string): void;
  table(columns: readonly string[], rows: readonly (readonly string[])[]): void;
}
