/**
 * The simple commands in a shell line, as lists of words (spec/03 §4.8): split at `&&`, `||`, `;`, `|`, `&`, newlines and
 * parentheses outside quotes, without leading assignments and wrappers, with the commands inside `sh -c '…'` and
 * `$(…)` besides. Words, not substrings: what is quoted is one word.
 */
export function simpleCommands(line: string, depth = 0): readonly (readonly string[])[] {
  if (depth > 4) return [];
  return split(line).flatMap((words) => {
    const command = withoutWrappers(words);
    const [name = "", ...rest] = command;
    const nested = /(^|\/)(ba|z|da|k)?sh$/.test(name) ? scriptOf(rest) : undefined;
    const substituted = words.flatMap((word) => substitutions(word, depth));
    return [
      ...(command.length > 0 ? [command] : []),
      ...(nested === undefined ? [] : simpleCommands(nested, depth + 1)),
      ...substituted,
    ];
  });
}

/** Words that only run the command behind them. */
const wrappers = new Set([
  "env",
  "command",
  "nohup",
  "time",
  "exec",
  "builtin",
  "then",
  "do",
  "else",
  "if",
  "!",
  "{",
]);

function withoutWrappers(words: readonly string[]): readonly string[] {
  let at = 0;
  while (at < words.length && (/^[A-Za-z_]\w*=/.test(words[at] ?? "") || wrappers.has(words[at] ?? ""))) at++;
  return words.slice(at);
}

function scriptOf(args: readonly string[]): string | undefined {
  const flag = args.findIndex((word) => /^-[a-z]*c[a-z]*$/.test(word));
  return flag < 0 ? undefined : args[flag + 1];
}

function substitutions(word: string, depth: number): readonly (readonly string[])[] {
  const found = [...word.matchAll(/\$\(([^()]*)\)|`([^`]*)`/g)];
  return found.flatMap((match) => simpleCommands(match[1] ?? match[2] ?? "", depth + 1));
}

function split(line: string): readonly (readonly string[])[] {
  const commands: string[][] = [];
  let words: string[] = [];
  let word: string | undefined;
  let quote = "";
  const endWord = (): void => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  const endCommand = (): void => {
    endWord();
    if (words.length > 0) commands.push(words);
    words = [];
  };
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? "";
    if (quote !== "") {
      if (character === quote) quote = "";
      else if (character === "\\" && quote === '"') word = (word ?? "") + (line[++at] ?? "");
      else word = (word ?? "") + character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (character === "\\") {
      const next = line[++at] ?? "";
      if (next !== "\n") word = (word ?? "") + next;
    } else if (character === "$" && line[at + 1] === "(") {
      const end = line.indexOf(")", at);
      word = (word ?? "") + line.slice(at, end < 0 ? line.length : end + 1);
      at = end < 0 ? line.length : end;
    } else if (";&|\n()".includes(character)) endCommand();
    else if (/\s/.test(character)) endWord();
    else word = (word ?? "") + character;
  }
  endCommand();
  return commands;
}
