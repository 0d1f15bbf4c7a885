import { readFileSync } from "node:fs";
import { writeFileAtomic } from "./write-file.ts";

/** The two lines between which a file of a person's holds text of ours. */
export interface BlockMarks {
  readonly begin: string;
  readonly end: string;
}

/**
 * Puts `lines` between the marks, replacing what is between them, or appends the block. Everything outside is the
 * person's and stays as it is, byte for byte. True when the file changed.
 */
export async function writeMarkedBlock(
  file: string,
  marks: BlockMarks,
  lines: readonly string[],
): Promise<boolean> {
  const before = readOptional(file);
  const block = [marks.begin, ...lines, marks.end].join("\n");
  const after = withBlock(before, marks, block);
  if (after === before) return false;
  await writeFileAtomic(file, after);
  return true;
}

export function hasMarkedBlock(file: string, marks: BlockMarks): boolean {
  return placeOf(readOptional(file), marks) !== undefined;
}

function withBlock(text: string, marks: BlockMarks, block: string): string {
  const place = placeOf(text, marks);
  if (place) return text.slice(0, place.start) + block + text.slice(place.end);
  if (text === "") return `${block}\n`;
  return `${text}${text.endsWith("\n") ? "" : "\n"}\n${block}\n`;
}

function placeOf(
  text: string,
  marks: BlockMarks,
): { readonly start: number; readonly end: number } | undefined {
  const start = text.indexOf(marks.begin);
  const end = start === -1 ? -1 : text.indexOf(marks.end, start);
  return end === -1 ? undefined : { start, end: end + marks.end.length };
}

function readOptional(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
