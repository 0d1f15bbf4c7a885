/** An escaped placeholder, or one with its name; convoy texts also have names with dots (spec/02 §4.1). */
const placeholder = /\\(\{\{[a-zA-Z_]\w*(?:\.[\w-]+)*\}\})|\{\{([a-zA-Z_]\w*(?:\.[\w-]+)*)\}\}/g;
/** Filled in while cooking. Braces of a placeholder and of a shell's `${name}` are not meant. */
const brace = /(?<![{$])\{([a-zA-Z_]\w*(?:\.\w+)?)\}(?!\})/g;

export type LookUp = (name: string) => string | undefined;

/** One pass: what is put in is never looked at again, and names without a value stay (spec/02 §4.2). */
export function substitute(text: string, lookUp: LookUp): string {
  return text.replace(
    placeholder,
    (whole: string, literal?: string, name = "") => literal ?? lookUp(name) ?? whole,
  );
}

/** A title of one line, at most 500 characters. */
export function substituteTitle(text: string, lookUp: LookUp): string {
  return substitute(text, lookUp)
    .replace(/[\p{Cc}\u2028\u2029]+/gu, " ")
    .replace(/ {2,}/g, " ")
    .trim()
    .slice(0, 500);
}

/** Characters that a label cannot have become hyphens. */
export function substituteLabel(text: string, lookUp: LookUp): string {
  return substitute(text, lookUp).replace(/[^A-Za-z0-9:._/-]/g, "-");
}

/**
 * A script: a value of a `command` variable goes in as it is, every other one as one quoted word of the shell, or as a
 * string of the language (spec/02 §9.2).
 */
export function substituteScript(
  text: string,
  lookUp: LookUp,
  options: { readonly shell: string; readonly isCommand: (name: string) => boolean },
): string {
  const quote = options.shell === "node" || options.shell === "python3" ? JSON.stringify : shellWord;
  return substitute(text, (name) => {
    const value = lookUp(name);
    return value === undefined || options.isCommand(name) ? value : quote(value);
  });
}

function shellWord(value: string): string {
  return `'${value.replaceAll("'", "'\\''")}'`;
}

/** Names of all placeholders in a text, in order. */
export function placeholdersIn(text: string): readonly string[] {
  return [...text.matchAll(placeholder)].flatMap(([, , name]) => (name === undefined ? [] : [name]));
}

/** Placeholders of a script that stand inside quotes, where a quoted value would come apart. */
export function quotedPlaceholders(script: string): readonly string[] {
  const found: string[] = [];
  let quote = "";
  for (let at = 0; at < script.length; at++) {
    const character = script[at] ?? "";
    const name = script.startsWith("{{", at)
      ? /^\{\{([a-zA-Z_]\w*)\}\}/.exec(script.slice(at, at + 140))?.[1]
      : undefined;
    if (name !== undefined) {
      if (quote !== "") found.push(name);
      at += name.length + 3;
    } else if (character === "\\" && quote !== "'") at++;
    else if (quote === "" ? character === "'" || character === '"' : character === quote)
      quote = quote === "" ? character : "";
    else if (character === "#" && quote === "" && /(?:^|\s)$/.test(script.slice(Math.max(0, at - 1), at)))
      at = script.indexOf("\n", at) < 0 ? script.length : script.indexOf("\n", at);
  }
  return found;
}

/** Fills in `{name}` of loops, expansions and advice; names without a value stay (spec/02 §5.4). */
export function substituteBraces(text: string, values: ReadonlyMap<string, string>): string {
  return text.includes("{")
    ? text.replace(brace, (whole: string, name: string) => values.get(name) ?? whole)
    : text;
}
