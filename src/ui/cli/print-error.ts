import { diskFullOf, isDiskFull } from "../../core/disk-full.ts";
import { GtError } from "../../core/gt-error.ts";
import { redact } from "../../core/redact.ts";
import { sanitise, sanitiseLine } from "../../core/sanitise.ts";
import { type StandardOutput, stringify } from "./standard-output.ts";

/** The text form on stderr: what, indented why, and the next command (spec/07 §1.5). */
export function errorLines(error: GtError, label = "error:"): readonly string[] {
  return [
    `${label} ${redact(sanitiseLine(error.message))}`,
    ...error.why.flatMap((line) =>
      redact(sanitise(line))
        .split("\n")
        .map((part) => `  ${part}`),
    ),
    ...(error.hint === undefined ? [] : [`hint: ${redact(sanitiseLine(error.hint))}`]),
  ];
}

/** The JSON form; `error` repeats `message` for readers of the ledger tool's older form. */
export function errorDocument(error: GtError): Readonly<Record<string, unknown>> {
  const message = redact(error.message);
  return {
    ok: false,
    code: error.code,
    message,
    error: message,
    ...(error.hint === undefined ? {} : { hint: redact(error.hint) }),
    ...(error.why.length === 0 && error.details === undefined
      ? {}
      : {
          details: {
            ...error.details,
            ...(error.why.length === 0 ? {} : { why: error.why.map((line) => redact(line)) }),
          },
        }),
  };
}

/** Prints an error the way of `gt`: one JSON document on stdout, or text on stderr. */
export function printError(out: StandardOutput, error: GtError): void {
  out.discard();
  if (out.json) {
    out.document(errorDocument(error));
    return;
  }
  const [first = "", ...others] = errorLines(error, out.errorStyle.failure("error:"));
  out.error(first);
  for (const line of others) out.error(line);
}

const bdCodes: Readonly<Record<string, string>> = {
  E_NO_DATABASE: "no_database",
  E_NO_TOWN: "no_database",
  E_USAGE: "usage",
  E_NOT_FOUND: "not_found",
  E_CONFLICT: "conflict",
  E_EXISTS: "conflict",
  E_CLAIMED: "already_claimed",
  E_AMBIGUOUS: "ambiguous",
  E_BUSY: "busy",
  E_CORRUPT: "corrupt",
  E_REFUSED: "refused",
};

/** The code word of `bd --json` (spec/01 §10.1). */
export function bdErrorCode(error: GtError): string {
  const word = Object.hasOwn(bdCodes, error.code) ? bdCodes[error.code] : undefined;
  if (word !== undefined) return word;
  return error.exitCode === 2 ? "invalid" : "failed";
}

/** Prints an error the way of `bd`: the object on stdout with `--json`, and the text on stderr always. */
export function printBdError(out: StandardOutput, error: GtError): void {
  if (out.json) {
    out.discard();
    out.raw(`${stringify(bdErrorDocument(error), 2)}\n`);
  }
  // "Error claiming ..." says already what it is (spec/01 §10.4).
  const label = error.message.startsWith("Error ") ? "" : out.errorStyle.failure("Error:");
  const [first = "", ...others] = errorLines(error, label).map((line, n) =>
    n === 0 ? line.trimStart() : line,
  );
  out.error(first);
  for (const line of others) out.error(line);
}

function bdErrorDocument(error: GtError): Readonly<Record<string, unknown>> {
  return {
    error: redact(error.message),
    code: bdErrorCode(error),
    ...(error.hint === undefined ? {} : { hint: redact(error.hint) }),
    ...(error.details === undefined ? {} : { details: error.details }),
    schema_version: 1,
  };
}

/** A defect or an error of the system, as the error that a person gets to see. */
export function asGtError(error: unknown): GtError {
  if (error instanceof GtError) return error;
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  const message = error instanceof Error ? error.message : String(error);
  const options = { cause: error };
  if (error instanceof Error && isDiskFull(error)) return diskFullOf(error);
  if (code === "EROFS") return new GtError("E_DISK", "the file system is read-only", options);
  if (code === "EACCES" || code === "EPERM") return new GtError("E_FORBIDDEN", message, options);
  if (code === "ERR_DLOPEN_FAILED" || /could not locate the bindings file/i.test(message)) {
    return new GtError(
      "E_NATIVE",
      `a native module cannot be loaded (Node ABI ${process.versions.modules})`,
      {
        ...options,
        why: [message.split("\n")[0] ?? message],
        hint: "npm rebuild -g gastown",
      },
    );
  }
  return new GtError("E_INTERNAL", message.split("\n")[0] || "unexpected failure", options);
}
