/** Words of a command line as a shell would split them: quotes and backslashes, but nothing is expanded or run. */
export function splitWords(line: string): readonly string[] {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < line.length; at++) {
    const letter = line[at] ?? "";
    if (quote !== "") {
      if (letter === quote) quote = "";
      else if (letter === "\\" && quote === '"') word = (word ?? "") + (line[++at] ?? "");
      else word = (word ?? "") + letter;
    } else if (letter === "'" || letter === '"') {
      quote = letter;
      word ??= "";
    } else if (letter === "\\") word = (word ?? "") + (line[++at] ?? "");
    else if (letter === " ") {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else word = (word ?? "") + letter;
  }
  if (word !== undefined) words.push(word);
  return words;
}
