import { GtError } from "../../core/gt-error.ts";

/** Words of a command line as a POSIX shell splits them: blanks, both quotes, backslash. Nothing is expanded. */
export function splitWords(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? "";
    if (quote === "'") {
      if (character === "'") quote = "";
      else word += character;
    } else if (character === "\\") {
      const next = line[++at];
      // Inside double quotes a backslash is special only before these.
      const stays = quote === '"' && next !== undefined && !'"\\$`'.includes(next);
      word = `${word ?? ""}${stays ? "\\" : ""}${next ?? ""}`;
    } else if (quote === '"') {
      if (character === '"') quote = "";
      else word += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (/\s/.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + character;
  }
  if (quote !== "") throw new GtError("E_USAGE", `unclosed ${quote} in: ${line}`, { exitCode: 2 });
  if (word !== undefined) words.push(word);
  return words;
}
