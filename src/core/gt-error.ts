/** What a person or agent needs to go on after a failure (spec/07 §1.5). */
export interface GtErrorOptions {
  /** Lines that say why, printed indented below the message. */
  readonly why?: readonly string[];
  /** The next command to type, with the caller's own arguments filled in. */
  readonly hint?: string;
  /** Process exit code; 1 unless a chapter names another one, 2 for wrong usage. */
  readonly exitCode?: number;
  /** Machine-readable facts for `--json`. */
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The same in each of our programs' bundles. */
const mark = Symbol.for("gastown.GtError");

/** The only error that is shown to a person without being a defect of ours. `code` is stable: `E_` and upper-case words. */
export class GtError extends Error {
  readonly code: string;
  readonly why: readonly string[];
  readonly hint: string | undefined;
  readonly exitCode: number;
  readonly details: Readonly<Record<string, unknown>> | undefined;

  constructor(code: string, message: string, options: GtErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "GtError";
    this.code = code;
    this.why = options.why ?? [];
    this.hint = options.hint;
    this.exitCode = options.exitCode ?? 1;
    this.details = options.details;
  }

  get [mark](): true {
    return true;
  }

  /** `gt` and the terminal UI that it loads are bundles with a copy of this class each: an error of the other is one, too. */
  static override [Symbol.hasInstance](value: unknown): boolean {
    // biome-ignore lint/complexity/noThisInStatic: classes that extend this one inherit the method.
    if (this !== GtError) return isMadeBy(this, value);
    return value instanceof Error && mark in value;
  }
}

function isMadeBy(kind: typeof GtError, value: unknown): boolean {
  return Function.prototype[Symbol.hasInstance].call(kind, value);
}

/** Wrong usage: nothing was done (exit 2). */
export function usageError(message: string, options: Omit<GtErrorOptions, "exitCode"> = {}): GtError {
  return new GtError("E_USAGE", message, { ...options, exitCode: 2 });
}
