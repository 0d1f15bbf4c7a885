import { parse } from "@iarna/toml";
import { ProblemLog } from "./problem.ts";

export type Table = Readonly<Record<string, unknown>>;

export interface ParsedText {
  readonly log: ProblemLog;
  /** Undefined when the text is no document; then the log says why. */
  readonly table: Table | undefined;
}

const maxBytes = 1024 * 1024;

/**
 * A formula file's text as a plain table (spec/02 §2.1): BOM and CRLF are taken away first. `shown` is the file's name in
 * problems.
 */
export function parseText(text: string, format: "toml" | "json", shown: string): ParsedText {
  const clean = text.replace(/^\uFEFF/, "").replace(/\r\n/g, "\n");
  const log = new ProblemLog(shown, format === "toml" ? lineFinder(clean) : () => undefined);
  if (Buffer.byteLength(clean) > maxBytes) {
    log.add("F002", "", "the file is larger than 1 MiB", { fix: "split it, or use extends" });
    return { log, table: undefined };
  }
  try {
    return { log, table: format === "toml" ? parse(clean) : jsonObject(clean, log) };
  } catch (error) {
    if (format === "toml") addTomlProblem(error, clean, log);
    else addJsonProblem(error, clean, log);
    return { log, table: undefined };
  }
}

function jsonObject(text: string, log: ProblemLog): Table | undefined {
  const value: unknown = JSON.parse(text);
  if (isTable(value)) return value;
  log.add("F005", "", "expected a table, found something else", { fix: '{"formula": "name", ...}' });
  return undefined;
}

export function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function addTomlProblem(error: unknown, text: string, log: ProblemLog): void {
  const { line, col, message } = error as { line?: number; col?: number; message: string };
  const [first = "not valid TOML"] = message.split("\n");
  const what = first.replace(/ at row \d+, col \d+, pos \d+:?$/, "");
  const row = (line ?? 0) + 1;
  const excerpt = text.split("\n")[row - 1] ?? "";
  log.add("F003", "", `${what} (line ${row}, column ${(col ?? 0) + 1})`, {
    line: row,
    why: `${row}> ${excerpt.slice(0, 160)}`,
    fix: tomlFix(what),
  });
}

function tomlFix(what: string): string {
  if (/redefine/i.test(what))
    return 'a key can be given once: use one form, either x = "1" below [vars] or a table [vars.x]';
  if (/unterminated/i.test(what))
    return 'end the string on its line with a quote, or use """ for text of several lines';
  return "correct this line";
}

function addJsonProblem(error: unknown, text: string, log: ProblemLog): void {
  const { message } = error as Error;
  const position = /position (\d+)/.exec(message)?.[1];
  const before = text.slice(0, position === undefined ? text.length : Number(position)).split("\n");
  const column = (before.at(-1)?.length ?? 0) + 1;
  const what = message.replace(/ in JSON at position.*$/s, "").replace(/\s+/g, " ");
  log.add("F004", "", `${what} (line ${before.length}, column ${column})`, { line: before.length });
}

/** Line of the n-th matching table header, or of a key at the top: the best that can be said without a syntax tree. */
export function lineFinder(text: string): (key: string) => number | undefined {
  let lines: ReadonlyMap<string, number> | undefined;
  return (key) => {
    lines ??= headerLines(text);
    for (let at = key; at !== ""; at = at.replace(/(?:\.[^.[\]]+|\[\d+\]|^[^.[\]]+)$/, ""))
      if (lines.has(at)) return lines.get(at);
    return undefined;
  };
}

function headerLines(text: string): ReadonlyMap<string, number> {
  const lines = new Map<string, number>();
  const counts = new Map<string, number>();
  let isTop = true;
  for (const [index, line] of text.split("\n").entries()) {
    const header = /^\s*(\[\[?)\s*([^\]]+?)\s*\]/.exec(line);
    if (header === null) {
      const key = isTop ? /^\s*([A-Za-z0-9_-]+)\s*=/.exec(line)?.[1] : undefined;
      if (key !== undefined && !lines.has(key)) lines.set(key, index + 1);
      continue;
    }
    isTop = false;
    const [, brackets, name = ""] = header;
    const path = indexed(
      name.split(".").map((part) => part.trim().replace(/^["']|["']$/g, "")),
      counts,
    );
    if (brackets === "[[") {
      const count = counts.get(path) ?? 0;
      counts.set(path, count + 1);
      lines.set(`${path}[${count}]`, index + 1);
    } else lines.set(path, index + 1);
  }
  return lines;
}

/** `steps.gate` below the third `[[steps]]` is `steps[2].gate`. */
function indexed(parts: readonly string[], counts: ReadonlyMap<string, number>): string {
  let path = "";
  for (const [index, part] of parts.entries()) {
    path = path === "" ? part : `${path}.${part}`;
    const count = counts.get(path);
    if (count !== undefined && index < parts.length - 1) path = `${path}[${count - 1}]`;
  }
  return path;
}
