import { sanitiseLine } from "../../core/sanitise.ts";

const option = /^[\s│]*[❯›●>]?\s*\d+\.\s/u;
const words = /[\p{L}\p{N}]/u;
const longest = 80;

/** What a dialog on the screen asks, in one short line: the text above its options, else the last text there is. */
export function dialogTitle(lines: readonly string[]): string {
  const first = lines.findIndex((line) => option.test(line));
  const above = first < 0 ? lines : lines.slice(0, first);
  const title = above.findLast((line) => words.test(line)) ?? "";
  return sanitiseLine(title.replace(/^[\s│╭╰─]+|[\s│╮╯─]+$/gu, "")).slice(0, longest);
}
