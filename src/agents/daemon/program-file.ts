import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";

/**
 * Whether the program that runs from `file` has been replaced by another one since this was made: then its parts that are
 * loaded when they are used are gone, or belong to the other one. A file that is missing is no other program yet, and the
 * same one installed again is none either. A look costs one `stat` when nobody has written the file.
 */
export function programFile(file: string): { isReplaced(): boolean } {
  const own = look(file);
  let last = own;
  return {
    isReplaced: () => {
      last = look(file, last);
      return own !== undefined && last !== undefined && last.digest !== own.digest;
    },
  };
}

interface Look {
  readonly writtenAt: number;
  /** The names of the parts are made from what is in them, so that a change of any part changes this file too. */
  readonly digest: string;
}

function look(file: string, before?: Look): Look | undefined {
  const writtenAt = statSync(file, { throwIfNoEntry: false })?.mtimeMs;
  if (writtenAt === undefined) return undefined;
  if (writtenAt === before?.writtenAt) return before;
  return { writtenAt, digest: createHash("sha256").update(readFileSync(file)).digest("hex") };
}
