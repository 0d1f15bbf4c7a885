import { dirname } from "node:path";
import { GtError } from "./gt-error.ts";
import { shellWord } from "./shell-word.ts";

const fullCodes = new Set(["ENOSPC", "EDQUOT", "SQLITE_FULL", "E_DISK"]);

/** Whether a write failed for want of space: the system's error, SQLite's, or ours (spec/04 §12). */
export function isDiskFull(error: unknown): boolean {
  return error instanceof Error && "code" in error && fullCodes.has(String(error.code));
}

/** Does what is only told, or may come later: where the disk has no room for it, things go on without. */
export async function unlessDiskFull<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (isDiskFull(error)) return undefined;
    throw error;
  }
}

/** Whether a program on this machine complains of a full disk. A remote's disk is not ours to mend. */
export function saysDiskFull(stderr: string): boolean {
  return stderr
    .split("\n")
    .some(
      (line) =>
        !line.startsWith("remote:") &&
        /No space left on device|Disk quota exceeded|Out of diskspace/i.test(line),
    );
}

/** `E_DISK`: what could not be written, and where to look for what takes the space. */
export function diskFull(
  what: string,
  directory: string,
  options: { readonly cause?: unknown; readonly why?: readonly string[] } = {},
): GtError {
  return new GtError("E_DISK", `the disk is full: ${what}`, {
    why: options.why ?? ["make room, then run the command again"],
    hint: `df -h ${shellWord(directory)}`,
    ...(options.cause === undefined ? {} : { cause: options.cause }),
  });
}

/** The same for a file of which only the system's own error is known. */
export function diskFullOf(error: Error): GtError {
  if (error instanceof GtError) return error;
  const { path, dest } = error as NodeJS.ErrnoException & { readonly dest?: string };
  const file = dest ?? path;
  if (file === undefined) return diskFull("a file could not be written", ".", { cause: error });
  return diskFull(`${file} could not be written`, dirname(file), { cause: error });
}
