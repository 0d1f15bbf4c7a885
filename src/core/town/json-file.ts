import { readFileSync } from "node:fs";
import { GtError } from "../gt-error.ts";
import { type WriteFileOptions, writeFileAtomic } from "./write-file.ts";

export type JsonObject = Record<string, unknown>;

/** The JSON object in a file; undefined when there is no file. `E_CONFIG` with file:line:column when it is not one. */
export function readJsonFile(file: string): JsonObject | undefined {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new GtError("E_CONFIG", `cannot read ${file}: ${(error as Error).message}`, { cause: error });
  }
  return parseJsonObject(text, file);
}

/** `file` names the text in errors. */
export function parseJsonObject(text: string, file: string): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (error) {
    const place = placeOfError(text, (error as Error).message);
    throw new GtError("E_CONFIG", `${file}:${place} is not valid JSON`, {
      why: [(error as Error).message.replace(/\s+/g, " ")],
      hint: `$EDITOR ${file}`,
      details: { file },
      cause: error,
    });
  }
  if (!isObject(value)) {
    throw new GtError("E_CONFIG", `${file}:1:1 is not a JSON object`, {
      hint: `$EDITOR ${file}`,
      details: { file },
    });
  }
  return value;
}

/** Two-space indent and a newline at the end (spec/07 §4.3). Keys keep the order in which the object holds them. */
export async function writeJsonFile(
  file: string,
  value: object,
  options: WriteFileOptions = {},
): Promise<void> {
  await writeFileAtomic(file, `${JSON.stringify(value, null, 2)}\n`, options);
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function placeOfError(text: string, message: string): string {
  const position = /position (\d+)/.exec(message)?.[1];
  const before = text.slice(0, position === undefined ? text.length : Number(position));
  const lastBreak = before.lastIndexOf("\n");
  return `${before.split("\n").length}:${before.length - lastBreak}`;
}
